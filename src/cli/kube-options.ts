import type { KubeConfig } from '@kubernetes/client-node';
import type { Command } from 'commander';
import { loadKubeConfig } from '../control/kubernetes/load-kube-config.ts';
import { CliError } from './cli-error.ts';

export interface KubeOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function addKubeOptions(command: Command): Command {
  return command
    .option('-c, --kubeconfig <file>', 'instead of KUBECONFIG, ~/.kube/config or the service account of a pod')
    .option('--context <name>', 'of the kubeconfig, instead of its current one');
}

export function openKubeConfig({ kubeconfig, context }: KubeOptions): KubeConfig {
  try {
    const config = loadKubeConfig(kubeconfig, context);
    if (config.getCurrentCluster() === null) throw new Error(`it has no context ${config.getCurrentContext()}`);
    return config;
  } catch (cause) {
    throw new CliError(`the kubeconfig${kubeconfig === undefined ? '' : ` ${kubeconfig}`} cannot be used`, {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Name a file with --kubeconfig and a context of it with --context.',
      cause,
    });
  }
}
