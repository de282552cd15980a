import { promisify } from 'node:util';
import {
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from '@grpc/grpc-js';

const same = (bytes: Buffer): Buffer => bytes;
const bytesBothWays = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};

const ECHO = {
  say: { path: '/test.Echo/Say', requestStream: false, responseStream: false, ...bytesBothWays },
  repeat: { path: '/test.Echo/Repeat', requestStream: true, responseStream: true, ...bytesBothWays },
} as const satisfies ServiceDefinition;

/** A gRPC server with a call that is answered once, and one that goes both ways. */
export async function serveGrpc(pod: string, port: number): Promise<void> {
  const say: handleUnaryCall<Buffer, Buffer> = (call, done) => done(null, Buffer.from(`${pod}:${call.request}`));
  const repeat: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    call.on('data', (bytes: Buffer) => call.write(Buffer.from(`${pod}:${bytes}`)));
    call.on('end', () => call.end());
  };
  const server = new Server();
  server.addService(ECHO, { say, repeat });
  await promisify<string, ServerCredentials>(server.bindAsync.bind(server))(
    `0.0.0.0:${port}`,
    ServerCredentials.createInsecure(),
  );
}

/** With a `count` that many messages go each way on one stream. */
export async function askGrpc(target: string, text: string, count: number | undefined): Promise<readonly string[]> {
  const client = new Client(target, credentials.createInsecure());
  try {
    const { path } = count === undefined ? ECHO.say : ECHO.repeat;
    if (count === undefined) {
      return await new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, same, same, Buffer.from(text), new Metadata(), (error, answer) =>
          error === null ? resolve([String(answer)]) : reject(error),
        );
      });
    }
    const stream = client.makeBidiStreamRequest(path, same, same, new Metadata());
    const answers: string[] = [];
    for (let i = 0; i < count; i++) stream.write(Buffer.from(`${text}${i}`));
    stream.end();
    for await (const bytes of stream) answers.push(String(bytes));
    return answers;
  } finally {
    client.close();
  }
}
