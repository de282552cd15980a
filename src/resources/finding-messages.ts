import type { Finding } from './finding.ts';
import { foresailMessages } from './foresail-messages.ts';
import { istioMessages } from './istio-messages.ts';
import { MAX_MESSAGE_LENGTH } from './limits.ts';
import type { Message, MessageArgument, MessageArguments } from './message-table.ts';
import type { Origin } from './origin.ts';

export type { Message, MessageArgument, MessageArguments, MessageBody } from './message-table.ts';

/** Every text that Foresail says about a resource: IST codes are Istio's, FS codes are Foresail's own. */
export const messages = { ...istioMessages, ...foresailMessages };

/** A finding with the text of `message`; `args` fill the placeholders of its template. */
export function finding<T extends string>(message: Message<T>, origin: Origin, args: MessageArguments<T>): Finding {
  const text = fill(message.template, args);
  const { code, name, level, fix } = message;
  return fix === undefined
    ? { code, name, level, message: text, origin }
    : { code, name, level, message: text, fix: fill(fix, args), origin };
}

/** Where Istio (or Foresail's own documentation) explains a code. */
export function documentationOf(code: string): string {
  return code.startsWith('IST')
    ? `https://istio.io/latest/docs/reference/config/analysis/${code.toLowerCase()}/`
    : `README.md#${code.toLowerCase()}`;
}

function fill(template: string, args: Readonly<Record<string, MessageArgument>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(args, name) ? formatArgument(args[name]) : placeholder,
  );
}

/** Lists as Go's `%v` prints them, as istioctl's users know them. */
function formatArgument(argument: MessageArgument | undefined): string {
  return clip(Array.isArray(argument) ? `[${argument.join(' ')}]` : String(argument));
}

/** Messages quote what the user wrote, which may be long. */
function clip(text: string): string {
  return text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text;
}
