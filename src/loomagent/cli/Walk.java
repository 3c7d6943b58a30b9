package loomagent.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import loomagent.agent.Trial;
import loomagent.auth.TokenException;
import loomagent.backfill.PullTrial;
import loomagent.base.Token;
import loomagent.base.Version;
import loomagent.base.Words;
import loomagent.cable.Connection;
import loomagent.cable.Failure;
import loomagent.cable.Subscriber;
import loomagent.cable.Subscription.State;
import loomagent.config.Configuration;
import loomagent.config.ConnectionSettings;
import loomagent.json.Envelope;
import loomagent.net.Failures;
import loomagent.net.Network;
import loomagent.ops.Quiet;

/**
 * The part of {@code check} that asks the network: one connection's way to Loom, each step only if
 * the one before was right.
 */
final class Walk {
  private static final int CONNECT_MILLIS = 10_000;

  /** For an answer that TLS and a proxy have already let through. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);

  /** More than all time limits of one attempt to subscribe together. */
  private static final Duration SUBSCRIBE_LIMIT = Duration.ofSeconds(60);

  private final ConnectionSettings connection;
  private final String mark;
  private final Network network;
  private final Trial trial;
  private final Steps steps;
  private final URI page; // the websocket's server, as HTTP

  Walk(Configuration configuration, ConnectionSettings connection, Network network, Steps steps) {
    this.connection = connection;
    this.mark = configuration.connections().size() == 1 ? "" : connection.name() + ": ";
    this.network = network;
    this.steps = steps;
    this.trial = new Trial(configuration, connection, network, Quiet.LOGGER);
    URI url = connection.url();
    this.page =
        URI.create(
            (url.getScheme().equalsIgnoreCase("wss") ? "https://" : "http://")
                + url.getRawAuthority()
                + "/");
  }

  void check() throws InterruptedException {
    Optional<URI> proxy = network.proxyFor(page);
    boolean reached = proxy.isPresent() ? proxy(proxy.get()) : direct();
    Optional<Token> token = reached ? token() : Optional.empty();
    if (token.isPresent() && subscribes(token.get())) {
      pulls();
    }
  }

  private boolean proxy(URI proxy) throws InterruptedException {
    String at = proxy.getHost() + " port " + (proxy.getPort() < 0 ? 80 : proxy.getPort());
    if (addresses(proxy.getHost(), "proxy.url").isEmpty()) {
      return false;
    }
    right("proxy", at + ", for " + page.getHost());
    return !secure() || tls();
  }

  private boolean direct() throws InterruptedException {
    List<InetAddress> addresses = addresses(page.getHost(), "loom.url");
    return !addresses.isEmpty() && connects(addresses) && (!secure() || tls());
  }

  private boolean secure() {
    return page.getScheme().equals("https");
  }

  private List<InetAddress> addresses(String host, String key) {
    try {
      List<InetAddress> found = Arrays.asList(InetAddress.getAllByName(host));
      right(
          "name",
          host
              + " is "
              + found.stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", ")));
      return found;
    } catch (IOException unknown) {
      String fact = " was not found. Check " + key + " and the machine's DNS";
      wrong("name", host + fact, Exit.UNREACHABLE);
      return List.of();
    }
  }

  private boolean connects(List<InetAddress> addresses) {
    int port = page.getPort() >= 0 ? page.getPort() : secure() ? 443 : 80;
    boolean any = false;
    for (InetAddress address : addresses) {
      long start = System.nanoTime();
      String to = address.getHostAddress() + " port " + port;
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(address, port), CONNECT_MILLIS);
        right("connection", to + " in " + since(start));
        any = true;
      } catch (IOException failure) {
        String fact = to + ": " + Words.line(String.valueOf(failure.getMessage()), 200);
        if (addresses.size() > 1) {
          steps.odd("connection", mark + fact);
        } else {
          fact += ". Check loom.url, and that a firewall lets the agent out";
          wrong("connection", fact, Exit.UNREACHABLE);
        }
      }
    }
    if (!any && addresses.size() > 1) {
      wrong("connection", "no address of " + page.getHost() + " answers", Exit.UNREACHABLE);
    }
    return any;
  }

  /** By a request that asks for nothing, and so the way that the websocket will go. */
  private boolean tls() throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(page)
            .method("HEAD", HttpRequest.BodyPublishers.noBody())
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(ANSWER_LIMIT)
            .header("User-Agent", Version.userAgent())
            .build();
    long start = System.nanoTime();
    try {
      HttpResponse<Void> answer =
          network.client().send(request, HttpResponse.BodyHandlers.discarding());
      right(
          "TLS",
          answer.sslSession().map(Walk::certificate).orElse("none") + ", in " + since(start));
      return true;
    } catch (IOException failure) {
      wrong("TLS", Failures.words(failure, "loom.url"), Exit.UNREACHABLE);
      return false;
    }
  }

  private static String certificate(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain[0] instanceof X509Certificate own
          ? session.getProtocol()
              + ", certificate from "
              + own.getIssuerX500Principal().getName()
              + ", valid until "
              + own.getNotAfter().toInstant()
          : session.getProtocol();
    } catch (SSLPeerUnverifiedException none) {
      return session.getProtocol();
    }
  }

  private Optional<Token> token() throws InterruptedException {
    long start = System.nanoTime();
    try {
      Optional<Token> token = trial.token();
      if (token.isEmpty()) {
        steps.odd(
            "token",
            mark
                + "not tried: the refresh token works once, and here its successor could not be"
                + " kept for the agent: one runs, or the folder is another user's. \"status\" says"
                + " how a running one fares");
      }
      token.ifPresent(found -> right("token", words(found, start)));
      return token;
    } catch (TokenException none) {
      wrong("token", String.valueOf(none.getMessage()), Exit.of(none));
      return Optional.empty();
    }
  }

  private String words(Token token, long start) {
    String from = connection.token().isPresent() ? "read" : "from " + connection.hub();
    return from
        + " in "
        + since(start)
        + token
            .expiresAt()
            .map(end -> ", good until " + end.truncatedTo(ChronoUnit.SECONDS))
            .orElse("");
  }

  private boolean subscribes(Token token) throws InterruptedException {
    Watch watch = new Watch();
    long start = System.nanoTime();
    long end = start + SUBSCRIBE_LIMIT.toNanos();
    String step = "upgrade";
    try (Subscriber subscriber = trial.subscriber(token, watch)) {
      subscriber.start();
      while (true) {
        Object happened = watch.queue.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (happened == State.OPEN) {
          right(step, "accepted in " + since(start));
          step = "welcome";
        } else if (happened == State.SUBSCRIBING) {
          right(step, "in " + since(start));
          step = "subscription";
        } else if (happened == State.LIVE) {
          String names = String.join(", ", connection.events());
          right(step, "confirmed in " + since(start) + ": " + names);
          return true;
        } else if (happened instanceof Failure failure) {
          wrong(step, failure.text(), status(failure));
          return false;
        } else if (happened == null) {
          wrong(step, "nothing for " + Words.of(SUBSCRIBE_LIMIT), Exit.UNREACHABLE);
          return false;
        }
      }
    }
  }

  private static Exit status(Failure failure) {
    return switch (failure.kind()) {
      case UNREACHABLE, UNWELCOME -> Exit.UNREACHABLE;
      case UNAUTHORISED, REJECTED -> Exit.NOT_AUTHORISED;
    };
  }

  private void pulls() throws InterruptedException {
    long start = System.nanoTime();
    Optional<PullTrial.Outcome> outcome = trial.pull();
    if (outcome.isEmpty()) {
      steps.odd(
          "pull",
          mark + "backfill.app is not set: what is sent while the agent is away stays missed");
    } else if (outcome.get().works()) {
      right("pull", outcome.get().words() + ", in " + since(start));
    } else {
      Exit exit = outcome.get().refused() ? Exit.NOT_AUTHORISED : Exit.UNREACHABLE;
      wrong("pull", outcome.get().words(), exit);
    }
  }

  private void right(String thing, String fact) {
    steps.right(thing, mark + fact);
  }

  private void wrong(String thing, String fact, Exit exit) {
    steps.wrong(thing, mark + fact, exit);
  }

  private static String since(long start) {
    return Words.of(Duration.ofNanos(System.nanoTime() - start));
  }

  /** What happens on the way, up to the confirmation. */
  private static final class Watch implements Connection.Listener {
    final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();

    @Override
    public void event(Envelope frame) {
      // an event that comes this early is nobody's here
    }

    @Override
    public void aside(String text, String reason) {
      // likewise
    }

    @Override
    public void became(State state, String reason) {
      queue.add(state);
    }

    @Override
    public void failed(Failure failure, Duration next, Duration silence) {
      queue.add(failure);
    }
  }
}
