package loomagent.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import loomagent.backfill.Trouble.Kind;
import loomagent.base.Words;
import loomagent.net.Body;
import loomagent.net.ClientThread;
import loomagent.net.Failures;
import loomagent.net.Network;

/**
 * Loom's pull API, one request at a time. The backfill's thread only, but for {@link #cancel}.
 *
 * <p>A redirect is never followed, and the password goes to the server of {@code loom.api} alone.
 */
final class PullApi {
  private static final int EXCERPT = 200;
  private static final String ADDRESS = "loom.api";
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Backfill.Settings settings;
  private final Backfill.Credentials credentials;
  private final Network network;
  private final Clock clock;
  private final Limits limits;

  // Guarded by this:
  private CompletableFuture<?> running = CompletableFuture.completedFuture("");
  private boolean cancelled;
  private Optional<HttpClient> current = Optional.empty(); // that of the last request

  PullApi(
      Backfill.Settings settings,
      Backfill.Credentials credentials,
      Network network,
      Clock clock,
      Limits limits) {
    this.settings = settings;
    this.credentials = credentials;
    this.network = network;
    this.clock = clock;
    this.limits = limits;
  }

  /**
   * The first page of a name. There is no {@code filter[to]}: Loom's clock and ours may differ, and
   * what comes although it is known is dropped by its id. There is no {@code page} either: the
   * server knows best what it calls its first.
   */
  URI first(String name, Instant from) {
    String root = settings.api().toString().replaceFirst("/+$", "");
    String query =
        "filter%5Bname%5D="
            + URLEncoder.encode(name, UTF_8)
            + "&filter%5Bfrom%5D="
            + URLEncoder.encode(from.truncatedTo(ChronoUnit.MILLIS).toString(), UTF_8);
    return URI.create(root + "/api/v1/events?" + query);
  }

  /** Gets a page: of {@link #first}, or the {@link Page#next} of one. */
  Page get(URI page) throws Trouble, InterruptedException {
    HttpResponse<byte[]> answer = answer(request(page));
    if (answer.statusCode() != 200) {
      throw refused(answer);
    }
    if (answer.body().length > limits.bytes()) {
      throw new Trouble(
          Kind.ODD, "a page of events is larger than " + limits.bytes() + " bytes. Check loom.api");
    }
    return new Page(
        answer.body(),
        Links.next(page, answer.headers().allValues("Link")),
        answer
            .headers()
            .firstValue("Total-Count")
            .filter(n -> n.matches("[0-9]{1,18}"))
            .orElse(""));
  }

  /** From now on no request is made, and the one that is running ends. Any thread. */
  synchronized void cancel() {
    cancelled = true;
    running.cancel(true);
  }

  private HttpRequest request(URI page) throws Trouble {
    try {
      String login = credentials.app() + ":" + credentials.password().reveal();
      return HttpRequest.newBuilder(page)
          .timeout(limits.answer())
          .header(
              "Authorization", "Basic " + Base64.getEncoder().encodeToString(login.getBytes(UTF_8)))
          .header("Accept", "application/json")
          .header("User-Agent", settings.userAgent())
          .build();
    } catch (IOException unreadable) { // its message is made for an operator, without the value
      throw new Trouble(Kind.SETTING, Words.line(String.valueOf(unreadable.getMessage()), EXCERPT));
    }
  }

  private HttpResponse<byte[]> answer(HttpRequest request) throws Trouble, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> future = send(request);
    try {
      return await(future);
    } catch (ExecutionException failure) {
      throw new Trouble(
          Kind.PASSING, "no answer from the pull API: " + Failures.words(failure, ADDRESS));
    } catch (TimeoutException slow) {
      throw new Trouble(
          Kind.PASSING, "the pull API did not end its answer within " + Words.of(limits.whole()));
    } finally {
      future.cancel(true); // of no effect on one that is done
    }
  }

  /** Looks now and then whether there is anybody to answer. */
  private HttpResponse<byte[]> await(CompletableFuture<HttpResponse<byte[]>> future)
      throws Trouble, InterruptedException, ExecutionException, TimeoutException {
    long start = System.nanoTime();
    while (true) {
      Duration waited = Duration.ofNanos(System.nanoTime() - start);
      Duration left = limits.whole().minus(waited);
      try {
        return future.get(Math.min(left.toNanos(), LOOK.toNanos()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException slow) {
        if (left.compareTo(LOOK) <= 0) {
          throw slow;
        }
        if (isDead(waited)) {
          throw dead();
        }
      }
    }
  }

  private synchronized boolean isDead(Duration waited) {
    return current.filter(client -> ClientThread.isDead(client, waited)).isPresent();
  }

  private synchronized Trouble dead() {
    current.ifPresent(network::replace);
    return new Trouble(Kind.PASSING, "Java's HTTP client has ended; it is replaced");
  }

  private synchronized CompletableFuture<HttpResponse<byte[]>> send(HttpRequest request)
      throws InterruptedException, Trouble {
    if (cancelled) {
      throw new InterruptedException("the agent stops");
    }
    HttpClient http = network.client();
    current = Optional.of(http);
    try {
      CompletableFuture<HttpResponse<byte[]>> future =
          http.sendAsync(request, head -> new Body(head.statusCode() == 200 ? limits.bytes() : 0));
      running = future;
      return future;
    } catch (RejectedExecutionException dead) {
      throw dead();
    }
  }

  private Trouble refused(HttpResponse<?> answer) {
    int status = answer.statusCode();
    if (status == 429 || status >= 500 || status == 408 || status == 425) {
      return new Trouble(
          Kind.PASSING,
          status == 429
              ? "too many requests to the pull API (429)"
              : "the pull API answered " + status,
          Failures.pause(answer.headers(), clock.instant()));
    }
    return switch (status) {
      case 401, 403 ->
          new Trouble(
              Kind.SETTING,
              "the pull API refused backfill.app and backfill.password ("
                  + status
                  + "). They are the app's technical name and its event password, which is not the"
                  + " OAuth client secret. Correct them");
      case 404 ->
          new Trouble(
              Kind.ODD,
              "the pull API answered 404: loom.api may be wrong, or there is no such app as"
                  + " backfill.app. Check both");
      case 407 -> new Trouble(Kind.SETTING, common(answer).orElseThrow());
      default ->
          new Trouble(
              Kind.ODD,
              common(answer)
                  .orElse(
                      "the pull API answered "
                          + status
                          + ". Check loom.api, and that the app subscribes to these events with"
                          + " type pull"));
    };
  }

  private static Optional<String> common(HttpResponse<?> answer) {
    return Failures.words(answer.statusCode(), answer.headers(), ADDRESS)
        .map(fact -> "the pull API: " + fact);
  }
}
