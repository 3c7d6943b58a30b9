package loomagent.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import loomagent.agent.Agent;
import loomagent.base.Words;
import loomagent.cable.Connection;
import loomagent.cable.Failure;
import loomagent.cable.Subscriber;
import loomagent.cable.Subscription.State;
import loomagent.config.Configuration;
import loomagent.json.Envelope;
import loomagent.net.Failures;

/** The part of {@code check} that asks the network: each step only if the one before was right. */
final class Network {
  private static final int CONNECT_MILLIS = 10_000;

  /** More than all time limits of one attempt to subscribe together. */
  private static final Duration SUBSCRIBE_LIMIT = Duration.ofSeconds(60);

  private final Configuration configuration;
  private final Steps steps;
  private final String host;
  private final int port;
  private final boolean secure;

  Network(Configuration configuration, Steps steps) {
    this.configuration = configuration;
    this.steps = steps;
    URI url = configuration.connections().get(0).url();
    this.secure = url.getScheme().equalsIgnoreCase("wss");
    this.host = url.getHost();
    this.port = url.getPort() >= 0 ? url.getPort() : secure ? 443 : 80;
  }

  void check() throws InterruptedException {
    List<InetAddress> addresses = List.of();
    try {
      addresses = Arrays.asList(InetAddress.getAllByName(host));
    } catch (IOException unknown) {
      steps.wrong(
          "name", host + " was not found. Check loom.url and the machine's DNS", Exit.UNREACHABLE);
      return;
    }
    String shown =
        addresses.stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", "));
    steps.right("name", host + " is " + shown);
    if (connects(addresses) && (!secure || trusts()) && token()) {
      subscribes();
    }
  }

  private boolean connects(List<InetAddress> addresses) {
    boolean any = false;
    for (InetAddress address : addresses) {
      long start = System.nanoTime();
      String to = address.getHostAddress() + " port " + port;
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(address, port), CONNECT_MILLIS);
        steps.right("connection", to + " in " + since(start));
        any = true;
      } catch (IOException failure) {
        String fact = to + ": " + Words.line(String.valueOf(failure.getMessage()), 200);
        if (addresses.size() > 1) {
          steps.odd("connection", fact);
        } else {
          steps.wrong(
              "connection",
              fact + ". Check loom.url, and that a firewall lets the agent out",
              Exit.UNREACHABLE);
        }
      }
    }
    if (!any && addresses.size() > 1) {
      steps.wrong("connection", "no address of " + host + " answers", Exit.UNREACHABLE);
    }
    return any;
  }

  private boolean trusts() {
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
      plain.setSoTimeout(CONNECT_MILLIS);
      try (SSLSocket socket = (SSLSocket) factory.createSocket(plain, host, port, true)) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        X509Certificate certificate =
            (X509Certificate) socket.getSession().getPeerCertificates()[0];
        steps.right(
            "TLS",
            socket.getSession().getProtocol()
                + ", certificate from "
                + certificate.getIssuerX500Principal().getName()
                + ", valid until "
                + certificate.getNotAfter().toInstant());
        return true;
      }
    } catch (IOException failure) {
      steps.wrong("TLS", Failures.words(failure, "loom.url"), Exit.UNREACHABLE);
      return false;
    }
  }

  private boolean token() {
    try {
      int length = configuration.connections().get(0).token().orElseThrow().resolve().length();
      steps.right("token", "read, " + length + " characters");
      return true;
    } catch (IOException missing) {
      steps.wrong("token", String.valueOf(missing.getMessage()), Exit.CONFIGURATION);
      return false;
    }
  }

  private void subscribes() throws InterruptedException {
    Watch watch = new Watch();
    var network = loomagent.net.Network.direct(Quiet.LOGGER);
    long start = System.nanoTime();
    long end = start + SUBSCRIBE_LIMIT.toNanos();
    String step = "upgrade";
    try (Subscriber connection = Agent.connect(configuration, network, watch, Quiet.LOGGER)) {
      connection.start();
      while (steps.allRight()) {
        Object happened = watch.queue.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (happened == State.OPEN) {
          steps.right(step, "accepted in " + since(start));
          step = "welcome";
        } else if (happened == State.SUBSCRIBING) {
          steps.right(step, "in " + since(start));
          step = "subscription";
        } else if (happened == State.LIVE) {
          steps.right(step, "confirmed in " + since(start) + ": " + names());
          return;
        } else if (happened instanceof Failure failure) {
          steps.wrong(step, failure.text(), status(failure));
        } else if (happened == null) {
          steps.wrong(step, "nothing for " + Words.of(SUBSCRIBE_LIMIT), Exit.UNREACHABLE);
        }
      }
    }
  }

  private String names() {
    return String.join(", ", configuration.connections().get(0).events());
  }

  private static Exit status(Failure failure) {
    return switch (failure.kind()) {
      case UNREACHABLE, UNWELCOME -> Exit.UNREACHABLE;
      case UNAUTHORISED, REJECTED -> Exit.NOT_AUTHORISED;
    };
  }

  private static String since(long start) {
    return Words.of(Duration.ofNanos(System.nanoTime() - start));
  }

  /** Hands over what happens, and forgets events: they belong to the running agent. */
  private static final class Watch implements Connection.Listener {
    private final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();

    @Override
    public void event(Envelope frame) {}

    @Override
    public void aside(String text, String reason) {}

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
