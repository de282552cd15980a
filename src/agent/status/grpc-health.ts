import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Client, credentials } from '@grpc/grpc-js';
import { eachField } from '../../ca/each-field.ts';

const SERVING = 1;

/** grpc.health.v1.Health/Check. */
export function checkGrpcHealth(address: string, service: string, timeoutMs: number): Promise<boolean> {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (name: string) => Buffer.from(new BinaryWriter().tag(1, 2).string(name).finish()),
      readStatus,
      service,
      { deadline: Date.now() + timeoutMs },
      (_error, status) => {
        client.close();
        resolve(status === SERVING);
      },
    );
  });
}

function readStatus(bytes: Uint8Array): number {
  let status = 0;
  eachField(bytes, (field, reader) => {
    if (field !== 1) return false;
    status = reader.int32();
    return true;
  });
  return status;
}
