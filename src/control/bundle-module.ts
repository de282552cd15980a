import { type BuildOptions, build, type OutputFile, stop } from 'esbuild';

/** Source files as the modules that workers and browsers take, in memory. */
export async function bundleModules(options: BuildOptions): Promise<readonly OutputFile[]> {
  const { outputFiles = [] } = await build({
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    legalComments: 'none',
    logLevel: 'silent',
    ...options,
  });
  // esbuild keeps a process for the next build; there is none.
  await stop();
  return outputFiles;
}
