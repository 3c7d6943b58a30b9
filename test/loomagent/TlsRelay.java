package loomagent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Speaks TLS on a port, and passes on to a plain one what is in it. The server behind compares a
 * websocket's Origin with what it sees, and links to its pages as it sees them; that is no https.
 */
final class TlsRelay implements AutoCloseable {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private final ServerSocket server;
  private final int plain;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final List<String> clients = new CopyOnWriteArrayList<>();
  private final AtomicInteger handshakes = new AtomicInteger();

  private TlsRelay(ServerSocket server, int plain) {
    this.server = server;
    this.plain = plain;
    start("tls-relay", this::accept);
  }

  /**
   * Starts on a port that is free.
   *
   * @param store what {@link Certificates#store} made, of the server
   * @param authority PEM: whose signature a client has to have; none if no certificate is asked for
   * @param protocol such as {@code TLSv1.3}
   */
  static TlsRelay start(Path store, Optional<Path> authority, String protocol, int plain)
      throws IOException {
    return start(InetAddress.getLoopbackAddress(), store, authority, protocol, plain);
  }

  /** The same on another address of this machine. */
  static TlsRelay start(
      InetAddress address, Path store, Optional<Path> authority, String protocol, int plain)
      throws IOException {
    try {
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(KeyStore.getInstance(store.toFile(), PASSWORD), PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      if (authority.isPresent()) {
        trust.init(trusted(authority.get()));
      }
      context.init(
          keys.getKeyManagers(), authority.isPresent() ? trust.getTrustManagers() : null, null);
      SSLServerSocket server =
          (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 50, address);
      server.setEnabledProtocols(new String[] {protocol});
      server.setNeedClientAuth(authority.isPresent());
      return new TlsRelay(server, plain);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static KeyStore trusted(Path pem) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = Files.newInputStream(pem)) {
      store.setCertificateEntry(
          "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    return store;
  }

  int port() {
    return server.getLocalPort();
  }

  /** Whose certificates the clients have shown, in their order. */
  List<String> clients() {
    return List.copyOf(clients);
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        SSLSocket client = (SSLSocket) server.accept();
        open.add(client);
        start("tls-relay-" + handshakes.incrementAndGet(), () -> relay(client));
      } catch (IOException closed) {
        // the loop ends, or the next one comes
      }
    }
  }

  private void relay(SSLSocket client) {
    try (client;
        Socket behind = new Socket(InetAddress.getLoopbackAddress(), plain)) {
      open.add(behind);
      client.startHandshake();
      if (client.getNeedClientAuth()) {
        clients.add(client.getSession().getPeerPrincipal().getName());
      }
      start("tls-relay-back", () -> copy(behind, client, "<http:", "<https:"));
      copy(client, behind, "\r\nOrigin: https:", "\r\nOrigin: http:");
    } catch (IOException refused) {
      // the client tells
    }
  }

  private static void copy(Socket from, Socket to, String inHead, String instead) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      out.write(head(in).replace(inHead, instead).getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      in.transferTo(out);
    } catch (IOException broken) {
      // both are closed
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    for (int c = in.read(); c >= 0; c = in.read()) {
      head.append((char) c);
      if (head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
        break;
      }
    }
    return head.toString();
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }
}
