package loomagent.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import loomagent.auth.TokenException.Kind;
import loomagent.base.Secret;
import loomagent.base.Words;
import loomagent.net.Body;
import loomagent.net.Failures;
import loomagent.net.Network;

/**
 * The server that gives tokens: RFC 6749 and RFC 8628. One for each {@code hub.url} of the process,
 * shared by its connections: it is asked one thing at a time, in the order of asking, and after it
 * said for how long not to ask (429, or {@code Retry-After} with any failure) nobody asks before.
 * Redirects are not followed. Any thread.
 */
public final class Hub {
  /** A token has some KB. */
  static final int MAX_ANSWER = 64 << 10;

  /** For an answer to begin. */
  static final Duration LIMIT = Duration.ofSeconds(15);

  /** For all of it: a body may drip, and a client that is dead says nothing. */
  private static final Duration WHOLE = LIMIT.plusSeconds(2);

  /** For one's turn: hundreds of answers of a Hub that is well, and a few of one that is not. */
  static final Duration TURN = Duration.ofMinutes(1);

  /** After an interrupt, for an answer that must not get lost. The agent stops within 20 s. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** A figure in an answer must not stop the agent for a day. */
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  private static final Duration PAUSE = Duration.ofSeconds(30);

  private final String root;
  private final Network network;
  private final String userAgent;
  private final Clock clock;
  private final ReentrantLock turn = new ReentrantLock(true);
  private Instant quietUntil = Instant.MIN; // guarded by turn

  /**
   * Whose tokens are asked for.
   *
   * @param id of the app
   * @param secret of the app; an app without one is not confidential
   */
  public record Client(Setting<String> id, Optional<Setting<Secret>> secret) {}

  /** What {@link DeviceLogin} shows and asks with. */
  record Device(
      Secret code,
      String userCode,
      String address,
      String complete,
      Duration interval,
      Instant end) {}

  /**
   * A Hub that was not asked yet.
   *
   * @param url {@code hub.url}
   * @param network the process's own
   * @param userAgent what the agent calls itself
   */
  public Hub(URI url, Network network, String userAgent, Clock clock) {
    this.root = url.toString().replaceFirst("/+$", "");
    this.network = network;
    this.userAgent = userAgent;
    this.clock = clock;
  }

  /** Its address, without a slash at the end. */
  String url() {
    return root;
  }

  Clock clock() {
    return clock;
  }

  /**
   * Asks with the app's own credentials.
   *
   * @param scope all of them, with their Organization, with commas
   */
  Grant clientCredentials(Client client, String scope) throws TokenException, InterruptedException {
    return grant(client, form("grant_type", "client_credentials", "scope", scope), false);
  }

  /**
   * Spends a refresh token. An interrupt does not cut this short at once: the answer holds the only
   * successor, so there are five more seconds for it; the thread's interrupt status is set then.
   */
  Grant refresh(Client client, Secret token) throws TokenException, InterruptedException {
    Map<String, String> form = form("grant_type", "refresh_token", "refresh_token", token.reveal());
    return grant(client, form, true);
  }

  /** Begins a login on another device. */
  Device authorize(Client client, String scope) throws TokenException, InterruptedException {
    Map<String, String> form = scope.isEmpty() ? form() : form("scope", scope);
    form.put("client_id", id(client)); // RFC 8628 wants it even beside Basic authentication
    Answer answer = post("/oauth/device_authorizations/authorize", client, form, false);
    Optional<String> address =
        answer.text("verification_uri").or(() -> answer.text("verification_url"));
    Optional<Secret> code = answer.secret("device_code");
    Optional<String> userCode = answer.text("user_code");
    if (code.isEmpty() || userCode.isEmpty() || address.isEmpty()) {
      throw odd("without device_code, user_code and verification_url");
    }
    long interval =
        answer.members().get("interval") instanceof Number number ? number.longValue() : 5;
    return new Device(
        code.get(),
        userCode.get(),
        address.get(),
        answer
            .text("verification_uri_complete")
            .or(() -> answer.text("verification_url_complete"))
            .orElse(""),
        Duration.ofSeconds(Math.max(1, Math.min(60, interval))),
        answer.end(Claims.of(code.get())).orElse(answer.sent().plus(DeviceLogin.STANDARD_LIFE)));
  }

  /** Asks whether a login was approved; until then it throws, with the Hub's code. */
  Grant device(Client client, Secret code) throws TokenException, InterruptedException {
    Map<String, String> form =
        form(
            "grant_type",
            "urn:ietf:params:oauth:grant-type:device_code",
            "device_code",
            code.reveal(),
            "client_id",
            id(client));
    return grant(client, form, true);
  }

  private static Map<String, String> form(String... pairs) {
    Map<String, String> form = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      form.put(pairs[i], pairs[i + 1]);
    }
    return form;
  }

  private Grant grant(Client client, Map<String, String> form, boolean precious)
      throws TokenException, InterruptedException {
    Answer answer = post("/oauth/access_token", client, form, precious);
    Secret access = answer.secret("access_token").orElseThrow(() -> odd("without an access_token"));
    return new Grant(
        access, answer.secret("refresh_token"), answer.sent(), answer.end(Claims.of(access)));
  }

  private static TokenException odd(String fact) {
    return new TokenException(Kind.REFUSED, "the Hub answered " + fact + ". Check hub.url");
  }

  private Answer post(String path, Client client, Map<String, String> form, boolean precious)
      throws TokenException, InterruptedException {
    if (!turn.tryLock(TURN.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new TokenException(
          Kind.UNREACHABLE, "the Hub is slow: other connections still wait for their tokens");
    }
    try {
      Duration quiet = Duration.between(clock.instant(), quietUntil);
      if (!quiet.isNegative() && !quiet.isZero()) {
        throw new TokenException(
            Kind.UNREACHABLE, "", "the Hub wants no request for " + Words.of(quiet), quiet);
      }
      Instant sent = clock.instant();
      Answer answer = Answer.of(send(request(path, client, form), precious), sent);
      if (answer.status() != 200) {
        Duration pause = pause(answer);
        quietUntil = pause.isZero() ? quietUntil : clock.instant().plus(pause);
        throw Refusal.of(answer, pause);
      }
      return answer;
    } finally {
      turn.unlock();
    }
  }

  /** A time to come is one by the Hub's clock. */
  private Duration pause(Answer answer) {
    Duration pause = Failures.pause(answer.headers(), answer.date().orElse(clock.instant()));
    if (pause.isZero() && answer.status() == 429) {
      return PAUSE;
    }
    boolean counts = answer.status() == 429 || answer.status() >= 500;
    return !counts ? Duration.ZERO : pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  private HttpRequest request(String path, Client client, Map<String, String> form)
      throws TokenException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(root + path))
            .timeout(LIMIT)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Accept", "application/json")
            .header("User-Agent", userAgent);
    String id = id(client);
    if (client.secret().isPresent()) {
      // As it is: RFC 6749 would have both form-encoded first, which the Hub's Doorkeeper, and most
      // servers with it, does not undo.
      String login = id + ":" + look(client.secret().get()).reveal();
      request.header(
          "Authorization", "Basic " + Base64.getEncoder().encodeToString(login.getBytes(UTF_8)));
    } else {
      form.put("client_id", id);
    }
    List<String> pairs = new ArrayList<>();
    form.forEach((name, value) -> pairs.add(encode(name) + "=" + encode(value)));
    return request.POST(BodyPublishers.ofString(String.join("&", pairs))).build();
  }

  private static String id(Client client) throws TokenException {
    return look(client.id());
  }

  static <T> T look(Setting<T> setting) throws TokenException {
    try {
      return setting.get();
    } catch (IOException unreadable) {
      throw new TokenException(Kind.SETTING, unreadable.getMessage());
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private HttpResponse<byte[]> send(HttpRequest request, boolean precious)
      throws TokenException, InterruptedException {
    HttpClient http = network.client();
    CompletableFuture<HttpResponse<byte[]>> future;
    try {
      future = http.sendAsync(request, head -> new Body(MAX_ANSWER));
    } catch (RejectedExecutionException dead) {
      network.replace(http);
      throw new TokenException(Kind.UNREACHABLE, "Java's HTTP client has ended");
    }
    try {
      return whole(await(future, precious));
    } catch (ExecutionException failure) {
      throw new TokenException(
          Kind.UNREACHABLE, "the Hub: " + Failures.words(failure.getCause(), "hub.url"));
    } catch (TimeoutException slow) {
      network.replace(http); // it did not even see that its own time was up
      throw new TokenException(
          Kind.UNREACHABLE,
          "the Hub did not end its answer within " + Words.of(WHOLE) + ". Check hub.url");
    } finally {
      future.cancel(true); // of no effect on one that is done
    }
  }

  private static HttpResponse<byte[]> await(
      CompletableFuture<HttpResponse<byte[]>> future, boolean precious)
      throws InterruptedException, ExecutionException, TimeoutException {
    long end = System.nanoTime() + WHOLE.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
          if (!precious) {
            throw stop;
          }
          end = interrupted ? end : Math.min(end, System.nanoTime() + GRACE.toNanos());
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static HttpResponse<byte[]> whole(HttpResponse<byte[]> response) throws TokenException {
    if (response.body().length > MAX_ANSWER) {
      throw odd("more than " + MAX_ANSWER + " bytes");
    }
    return response;
  }
}
