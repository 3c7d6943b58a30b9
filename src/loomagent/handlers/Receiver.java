package loomagent.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;

/**
 * The HTTP server that events go to. Its connection is kept and used again: HTTP/1.1, which every
 * receiver speaks, since one request at a time has no use for more. One thread at a time.
 */
final class Receiver {
  // TCP and TLS; a firewall that drops packets says nothing. The answer is waited for as long as
  // the delivery may take: that ends by an interrupt.
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  // The status has told all: the rest is read to use the connection again, and for its first line.
  private static final Duration BODY_LIMIT = Duration.ofSeconds(1);

  private final URI url;
  private Optional<HttpClient> client = Optional.empty();
  private Inline inline = new Inline();

  Receiver(URI url) {
    this.url = url;
  }

  URI url() {
    return url;
  }

  /** Whether a host is this machine, by its name alone: no proxy leads there. */
  static boolean isLoopback(String host) {
    String name = host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    return name.equals("localhost")
        || name.endsWith(".localhost")
        || name.matches("127(\\.[0-9]{1,3}){3}")
        || name.matches("\\[[0:]*:0{0,3}1]");
  }

  /**
   * Sends a request, and waits for the answer as long as the thread is not interrupted.
   *
   * @throws IOException if there is none: why, and what to look at
   */
  Answer post(HttpRequest.Builder request) throws IOException, InterruptedException {
    Optional<InetSocketAddress> proxy = proxy();
    // Told at once rather than by the client's Authenticator, which repeats wrong passwords, keeps
    // old ones, and fails at a server's 401 without WWW-Authenticate.
    proxy.flatMap(Receiver::login).ifPresent(x -> request.setHeader("Proxy-Authorization", x));
    try {
      HttpResponse<Beginning> response = client().send(request.build(), all -> new Beginning());
      String body = response.body().await(BODY_LIMIT);
      return new Answer(url, proxy.isPresent(), response.statusCode(), response.headers(), body);
    } catch (IOException failure) {
      throw new IOException(Unanswered.words(failure, url, proxy), failure);
    }
  }

  private Optional<InetSocketAddress> proxy() {
    return new Way()
        .select(url).stream()
            .findFirst()
            .filter(first -> first.type() == Proxy.Type.HTTP)
            .map(first -> (InetSocketAddress) first.address());
  }

  private static Optional<String> login(InetSocketAddress proxy) {
    Optional<PasswordAuthentication> known =
        Optional.ofNullable(Authenticator.getDefault())
            .map(
                authenticator ->
                    authenticator.requestPasswordAuthenticationInstance(
                        proxy.getHostString(),
                        null, // its address, which may not have been looked up
                        proxy.getPort(),
                        "http",
                        "",
                        "basic",
                        null, // whereto: the same for every request
                        Authenticator.RequestorType.PROXY));
    return known
        .map(login -> login.getUserName() + ":" + String.valueOf(login.getPassword()))
        .map(login -> "Basic " + Base64.getEncoder().encodeToString(login.getBytes(UTF_8)));
  }

  /**
   * The client, a new one if another SSLContext is the default now, or if a full heap has ended the
   * one thread without which a client does nothing and says nothing. The collector takes the old.
   */
  private HttpClient client() throws IOException {
    try {
      SSLContext context = SSLContext.getDefault();
      if (inline.isDead() || !client.map(HttpClient::sslContext).equals(Optional.of(context))) {
        inline = new Inline();
        client = Optional.of(client(context, inline));
      }
      return client.get();
    } catch (GeneralSecurityException unusable) {
      throw new IOException("this Java has no TLS: " + unusable.getMessage(), unusable);
    }
  }

  private static HttpClient client(SSLContext context, Inline inline) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(CONNECT_LIMIT)
        .followRedirects(HttpClient.Redirect.NEVER)
        .proxy(new Way())
        .sslContext(context)
        .executor(inline)
        .build();
  }

  /**
   * No pool, whose threads would outlive the handler: the client's one thread is enough, and is
   * seen here. It must not lead back to the client, or the collector never ends that thread.
   */
  private static final class Inline implements Executor {
    private final Thread lane = Thread.currentThread();
    private volatile Optional<Thread> selector = Optional.empty();

    @Override
    public void execute(Runnable task) {
      Thread thread = Thread.currentThread();
      if (!thread.equals(lane)) {
        selector = Optional.of(thread);
      }
      task.run();
    }

    boolean isDead() {
      return selector.filter(thread -> !thread.isAlive()).isPresent();
    }
  }

  /** The agent's way out, which is the whole process's; but to this machine none is needed. */
  private static final class Way extends ProxySelector {
    @Override
    public List<Proxy> select(URI target) {
      Optional<ProxySelector> standard =
          Optional.ofNullable(ProxySelector.getDefault())
              .filter(some -> !isLoopback(target.getHost()));
      return standard.map(selector -> selector.select(target)).orElse(List.of(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI target, SocketAddress proxy, IOException failure) {
      // HttpClient tells the one who asked
    }
  }
}
