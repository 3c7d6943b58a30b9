package loomagent.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpRequest;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;

/**
 * POSTs each event to {@code url} as Loom's own webhook would: the exact JSON, signed with {@code
 * secret}, so that a receiver made for Loom works unchanged where Loom cannot reach it.
 */
@SuppressWarnings("try") // nothing to close that the garbage collector does not
public final class WebhookHandler implements EventHandler {
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}");

  // HttpClient sends header fields as ASCII; an unprintable one ends or forges a line.
  private static final Pattern VALUE = Pattern.compile("[\\t -~]{0,8000}");

  // Longer ones than any key that a receiver would keep: the id stands in the body as well.
  private static final Pattern KEY = Pattern.compile("[!-~]{1,255}");

  /** Header fields that this handler, the connection or the proxy has the say of. */
  private static final Set<String> OURS =
      Set.of(
          "connection",
          "content-encoding",
          "content-length",
          "content-type",
          "expect",
          "host",
          "idempotency-key",
          "keep-alive",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private final Clock clock;
  private final SortedMap<String, String> headers = new TreeMap<>(); // settings by header field
  private Optional<HandlerContext> context = Optional.empty(); // until opened
  private Optional<Receiver> receiver = Optional.empty();
  private boolean signed;

  /** Does nothing. */
  public WebhookHandler() {
    this(Clock.systemUTC());
  }

  /** Tells the time as a test wants it. */
  WebhookHandler(Clock clock) {
    this.clock = clock;
  }

  @Override
  public void open(HandlerContext given) {
    Settings settings = new Settings(given, "webhook");
    Optional<URI> url = url(settings);
    signed = given.settings().containsKey("secret");
    if (settings.text("secret").isEmpty() && signed) {
      settings.problem("secret is empty. Leave it out to send without a signature");
    }
    settings
        .names("header.", "header.<Name>")
        .forEach((name, setting) -> header(name, setting, given, settings));
    settings.done();
    context = Optional.of(given);
    receiver = url.map(Receiver::new);
    url.ifPresent(to -> warn(to, given.logger()));
  }

  private static Optional<URI> url(Settings settings) {
    String text = settings.required("url", "https://mis.example/zaikio/webhook/app").strip();
    if (text.isEmpty()) {
      return Optional.empty();
    }
    // What is wrong is not shown: there may be a password in it.
    try {
      URI url = new URI(text);
      if (!String.valueOf(url.getScheme()).matches("(?i)https?")) {
        settings.problem("url has to begin with http:// or https://");
      } else if (url.getRawUserInfo() != null) {
        settings.problem("url may hold no user and password; set header.Authorization");
      } else if (url.getRawFragment() != null) {
        settings.problem("url may hold no #, which no server is sent");
      } else if (url.getHost() == null || url.getPort() == 0 || url.getPort() > 65_535) {
        settings.problem(
            "url has no host and port that can be reached; names are a-z, 0-9, - and .");
      }
      return Optional.of(url);
    } catch (URISyntaxException wrong) {
      settings.problem("url is no address: " + wrong.getReason() + " at " + wrong.getIndex());
      return Optional.empty();
    }
  }

  private void header(String name, String setting, HandlerContext given, Settings settings) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (!TOKEN.matcher(name).matches()) {
      settings.problem(Text.line(setting, 60) + " names no HTTP header field");
    } else if (OURS.contains(lower) || lower.startsWith("x-loom-")) {
      settings.problem(setting + " cannot be set: the agent and the connection have the say of it");
    } else if (headers.keySet().stream().anyMatch(name::equalsIgnoreCase)) {
      settings.problem(setting + " is there twice, in capitals and in small letters");
    } else if (!VALUE.matcher(given.settings().get(setting)).matches()) {
      settings.problem(unsendable(setting));
    }
    headers.put(name, setting);
  }

  private static String unsendable(String setting) {
    return setting + " holds a line break, or a character other than ASCII, or is too long";
  }

  private void warn(URI url, System.Logger log) {
    if (!signed) {
      log.log(Level.INFO, "no secret is set: events are sent without X-Loom-Signature");
    }
    if (url.getScheme().equalsIgnoreCase("http") && !Receiver.isLoopback(url.getHost())) {
      log.log(
          Level.WARNING,
          "url is plain http: whoever is on the way to {0} reads the events. Use https if it can",
          url.getHost());
    }
  }

  @Override
  public void handle(Event event) throws IOException, InterruptedException {
    byte[] body = new byte[event.size()];
    event.utf8().get(body);
    Map<String, String> settings = context.orElseThrow().settings();
    Receiver to = receiver.orElseThrow();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(to.url())
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .setHeader("User-Agent", userAgent())
            .setHeader("Content-Type", "application/json")
            .setHeader("X-Loom-Attempt", Integer.toString(event.attempt()));
    if (KEY.matcher(event.id()).matches()) { // the network has chosen it
      request.setHeader("Idempotency-Key", event.id());
    }
    if (signed) {
      request.setHeader("X-Loom-Signature", signature(settings.get("secret"), body));
    }
    for (Map.Entry<String, String> header : headers.entrySet()) {
      String value = settings.get(header.getValue());
      if (!VALUE.matcher(value).matches()) {
        throw new IOException(unsendable(header.getValue()));
      }
      request.setHeader(header.getKey(), value);
    }
    to.post(request).judge(clock.instant());
  }

  private static String userAgent() {
    String version = WebhookHandler.class.getPackage().getImplementationVersion();
    return version == null ? "loom-agent" : "loom-agent/" + version;
  }

  /** Lower-case hex of HMAC-SHA256, as Loom signs. */
  static String signature(String secret, byte[] body) throws IOException {
    if (secret.isBlank()) { // a file that is just written anew
      throw new IOException("secret is empty, and nothing is sent without a signature");
    }
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException absent) {
      throw new IllegalStateException("every Java has HmacSHA256", absent);
    }
  }
}
