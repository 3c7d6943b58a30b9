package loomagent.net;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import loomagent.base.Secret;

/**
 * How this process reaches servers: its one HttpClient, with the proxy and the certificates that it
 * is told to use. What the client throws is told in words by {@link Failures}. Any thread.
 *
 * <p>A client that is thrown away leaves threads and descriptors behind until a garbage collection;
 * it is replaced only when it is dead, or when a file of certificates has changed: TLS would go on
 * with a session of before otherwise.
 */
public final class Network {

  /** For TCP, a proxy's answer and TLS. */
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  // Bytes that are read at once: Java's own, what is worth having, and all connections together.
  private static final int LEAST_READ = 16 << 10;
  private static final int MOST_READ = 128 << 10;
  private static final int ALL_READS = 1 << 20;

  /** Who the agent is to a proxy. */
  public interface Login {
    /** The user's name; no colon. */
    String user();

    /**
     * The password, looked up anew for each request.
     *
     * @throws IOException if it cannot be read, in words for an operator
     */
    Secret password() throws IOException;
  }

  /**
   * An HTTP proxy, asked to CONNECT.
   *
   * @param url {@code http://host:port}
   * @param login who the agent is, told to the proxy alone and at once; none if it does not ask
   */
  public record Proxy(URI url, Optional<Login> login) {}

  /**
   * What is to be used.
   *
   * @param proxy for every address that is not bypassed, also on loopback
   * @param bypass whom to reach without it: {@link Bypass}
   * @param authorities PEM, trusted besides those that this Java trusts
   * @param certificate PEM, the client's own, followed by those of its issuers
   * @param key PEM, of the certificate
   */
  public record Settings(
      Optional<Proxy> proxy,
      List<String> bypass,
      Optional<Path> authorities,
      Optional<Path> certificate,
      Optional<Path> key) {

    /** No proxy, and the authorities that this Java trusts. */
    public static final Settings DIRECT =
        new Settings(
            Optional.empty(), List.of(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  private final Settings settings;
  private final Bypass bypass;
  private final CertificateFiles files;
  private final System.Logger log;

  // Guarded by this:
  private Tls tls;
  private Optional<RoutedClient> current = Optional.empty();

  private Network(Settings settings, CertificateFiles files, Tls tls, System.Logger log) {
    this.settings = settings;
    this.bypass = new Bypass(settings.bypass());
    this.files = files;
    this.tls = tls;
    this.log = log;
  }

  /**
   * A network as told; nothing is connected yet.
   *
   * @param settings what to use
   * @param log told of certificates that are out of date, and of files that become unusable
   * @throws IOException if a file of certificates is unusable: which, and what to do
   */
  public static Network open(Settings settings, System.Logger log) throws IOException {
    CertificateFiles files = new CertificateFiles(settings);
    Network network = new Network(settings, files, files.load(), log);
    network.tls.warnings().forEach(warning -> log.log(Level.WARNING, warning));
    return network;
  }

  /**
   * A network of {@link Settings#DIRECT}.
   *
   * @param log as for {@link #open}
   */
  public static Network direct(System.Logger log) {
    try {
      return open(Settings.DIRECT, log);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible); // there is no file
    }
  }

  /**
   * Divides the room for reading among the connections to come. One large read a system call
   * instead of eight is a third more events a second for one of them; a hundred would hold 25 MB
   * for it. Java looks at this once, so it has to be said before the first client is made.
   *
   * @param connections how many there will be, 1 or more
   */
  public static void divide(int connections) {
    int each = Math.max(LEAST_READ, Math.min(MOST_READ, ALL_READS / connections));
    for (String name : List.of("bufsize", "websocket.intermediateBufferSize")) {
      String property = "jdk.httpclient." + name;
      System.setProperty(property, System.getProperty(property, Integer.toString(each)));
    }
  }

  /**
   * The client for the next request, to be asked for each time: it may be another. It never follows
   * a redirect, and tells a proxy who the agent is.
   */
  public synchronized HttpClient client() {
    refresh();
    RoutedClient client =
        current.filter(known -> !ClientThread.isDead(known, Duration.ZERO)).orElseGet(this::make);
    current = Optional.of(client);
    return client;
  }

  /**
   * Goes on with a new client. A request that outlives all of a client's own limits means that its
   * selector thread is dead, as after an answer that filled the heap.
   *
   * @param dead the client that was used; nothing happens if it has been replaced
   */
  public synchronized void replace(HttpClient dead) {
    current = current.filter(client -> !client.equals(dead));
  }

  /**
   * By which proxy an address is reached.
   *
   * @param target of a scheme that HttpClient knows
   * @return its address; none if directly
   */
  public Optional<URI> proxyFor(URI target) {
    return proxy(target).map(Proxy::url);
  }

  /**
   * Lends the way out to everybody in this process who asks Java for it, as handlers do: its proxy
   * and who the agent is to it, for HTTP to others than this machine, and its certificates.
   * Certificates that are renewed later count for them after a restart.
   */
  public void lend() {
    settings
        .proxy()
        .ifPresent(
            proxy -> {
              ProxySelector.setDefault(new Lent());
              proxy.login().ifPresent(login -> Authenticator.setDefault(new Known(proxy, login)));
            });
    if (settings.authorities().isPresent() || settings.certificate().isPresent()) {
      SSLContext.setDefault(tls());
    }
  }

  /** What the client uses for TLS, for one who connects by himself; it checks no name. */
  public synchronized SSLContext tls() {
    refresh();
    return tls.context();
  }

  /** How a request to there goes. Looks up a name where Java tries its first address only. */
  Route route(URI target) {
    Optional<Proxy> proxy = proxy(target);
    String host = proxy.map(Proxy::url).orElse(target).getHost();
    boolean certificate = settings.certificate().isPresent();
    return new Route(target, proxy, certificate, Addresses.SHARED.untried(host));
  }

  private Optional<Proxy> proxy(URI target) {
    return settings.proxy().filter(proxy -> !bypass.holds(target.getHost()));
  }

  private void refresh() {
    try {
      Optional<Tls> changed = files.reload();
      changed.ifPresent(
          next -> {
            next.warnings().forEach(warning -> log.log(Level.WARNING, warning));
            tls = next;
            current = Optional.empty();
          });
    } catch (IOException unusable) {
      log.log(
          Level.ERROR,
          "{0}. What was read before stays in force",
          String.valueOf(unusable.getMessage()));
    }
  }

  private RoutedClient make() {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_LIMIT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .sslContext(tls.context())
            .executor(new ClientThread());
    if (settings.proxy().isPresent()) { // else Java's own properties count, as in any program
      builder.proxy(new Selector());
    }
    return new RoutedClient(builder.build(), this);
  }

  /** For the addresses of others: a socket of a database driver's is none of HTTP's. */
  private final class Lent extends ProxySelector {
    private final ProxySelector agents = new Selector();

    @Override
    public List<java.net.Proxy> select(URI target) {
      String scheme = String.valueOf(target.getScheme());
      boolean http = scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https");
      return http && target.getHost() != null && !Loopback.is(target.getHost())
          ? agents.select(target)
          : List.of(java.net.Proxy.NO_PROXY);
    }

    @Override
    public void connectFailed(URI target, SocketAddress proxy, IOException failure) {
      // whoever asked is told
    }
  }

  /** Tells the proxy who the agent is, and nobody else. */
  private static final class Known extends Authenticator {
    private final Proxy proxy;
    private final Login login;

    Known(Proxy proxy, Login login) {
      this.proxy = proxy;
      this.login = login;
    }

    @Override
    protected PasswordAuthentication getPasswordAuthentication() {
      int port = proxy.url().getPort() < 0 ? 80 : proxy.url().getPort();
      boolean asked =
          getRequestorType() == RequestorType.PROXY
              && proxy.url().getHost().equalsIgnoreCase(getRequestingHost())
              && getRequestingPort() == port;
      try {
        return asked
            ? new PasswordAuthentication(login.user(), login.password().reveal().toCharArray())
            : null;
      } catch (IOException unreadable) {
        return null; // the agent itself says why
      }
    }
  }

  private final class Selector extends ProxySelector {
    @Override
    public List<java.net.Proxy> select(URI target) {
      return List.of(proxyFor(target).map(Selector::http).orElse(java.net.Proxy.NO_PROXY));
    }

    /** The name is looked up anew at each dial. */
    private static java.net.Proxy http(URI url) {
      InetSocketAddress address =
          InetSocketAddress.createUnresolved(url.getHost(), url.getPort() < 0 ? 80 : url.getPort());
      return new java.net.Proxy(java.net.Proxy.Type.HTTP, address);
    }

    @Override
    public void connectFailed(URI target, SocketAddress proxy, IOException failure) {
      // HttpClient tells the one who asked
    }
  }
}
