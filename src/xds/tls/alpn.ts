/**
 * What Istio's sidecars say in the TLS handshake of the mesh: by it a server knows that the peer is of the mesh, and
 * which protocol is inside, before it has decrypted anything.
 */
export const MESH_TCP_ALPN: readonly string[] = ['istio-peer-exchange', 'istio'];
export const MESH_HTTP1_ALPN: readonly string[] = ['istio-http/1.1', 'istio', 'http/1.1'];
export const MESH_HTTP2_ALPN: readonly string[] = ['istio-h2', 'istio', 'h2'];
/** HTTP of either version: the server has to look, so no name of a version is offered that it could settle on. */
export const MESH_HTTP_ALPN: readonly string[] = ['istio-http/1.1', 'istio-h2', 'istio'];
