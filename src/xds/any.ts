import { create, type DescMessage, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';

/** A message inside another whose type says only "any". */
export function packed<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Any {
  return anyPack(schema, create(schema, init));
}

/** Fields of a message that is still being put together: other than a whole message, it can be spread into one. */
export type Fields<D extends DescMessage> = Exclude<MessageInitShape<D>, Message>;
