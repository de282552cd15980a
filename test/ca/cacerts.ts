import type { Folder } from './folder.ts';

/** As Istio's documents tell to make it: an offline root, an intermediate for the cluster. */
export function makeCacerts(folder: Folder, intermediateKey = 'rsa:2048'): void {
  folder.openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'root-key.pem',
    '-out',
    'root-cert.pem',
    '-days',
    '3650',
    '-subj',
    '/O=Istio/CN=Root CA',
  );
  folder.openssl(
    'req',
    '-new',
    '-newkey',
    intermediateKey,
    '-nodes',
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca.csr',
    '-subj',
    '/O=Istio/CN=Intermediate CA/L=cluster1',
    ...(intermediateKey === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:P-256'] : []),
  );
  folder.write(
    'ext',
    'basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,digitalSignature,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n',
  );
  folder.openssl(
    'x509',
    '-req',
    '-in',
    'ca.csr',
    '-CA',
    'root-cert.pem',
    '-CAkey',
    'root-key.pem',
    '-CAcreateserial',
    '-days',
    '730',
    '-extfile',
    'ext',
    '-out',
    'ca-cert.pem',
  );
  folder.write('cert-chain.pem', folder.read('ca-cert.pem') + folder.read('root-cert.pem'));
}
