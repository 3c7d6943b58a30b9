package loomagent.whole;

import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import loomagent.schedule.Fiber;
import loomagent.schedule.Schedule;

/** The JDK's HttpClient as the agent sees it: one thread, on which all that comes is told. */
final class WorldClient extends HttpClient {
  private final World world;
  private final Executor executor;
  private final Queue<Runnable> tasks = new ArrayDeque<>();

  private WorldClient(World world, Executor executor) {
    this.world = world;
    this.executor = executor;
    new Fiber(this::run, "HttpClient-1-SelectorManager").start();
  }

  private void run() {
    while (true) {
      world.schedule.await(() -> !tasks.isEmpty(), Schedule.NEVER);
      executor.execute(tasks.remove());
    }
  }

  /** Does something on the client's thread. */
  void tell(Runnable what) {
    tasks.add(what);
  }

  @Override
  public WebSocket.Builder newWebSocketBuilder() {
    return new Dialling();
  }

  /** An upgrade as it is asked for. */
  final class Dialling implements WebSocket.Builder {
    private String authorization = "";
    private Duration limit = Duration.ofSeconds(30);

    @Override
    public WebSocket.Builder header(String name, String value) {
      authorization = name.equals("Authorization") ? value : authorization;
      return this;
    }

    @Override
    public WebSocket.Builder connectTimeout(Duration timeout) {
      limit = timeout;
      return this;
    }

    @Override
    public WebSocket.Builder subprotocols(String first, String... others) {
      return this;
    }

    @Override
    public CompletableFuture<WebSocket> buildAsync(URI url, WebSocket.Listener listener) {
      CompletableFuture<WebSocket> opened = new CompletableFuture<>();
      world.loom.dial(WorldClient.this, authorization, limit.toNanos(), listener, opened);
      return opened;
    }
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    CompletableFuture<HttpResponse<T>> answered = new CompletableFuture<>();
    world.loom.ask(
        request,
        body(request),
        new Loom.Asker() {
          @Override
          public void answer(Reply<?> reply, byte[] body) {
            tell(() -> complete(answered, handler, reply, body));
          }

          @Override
          public void fail(IOException failure) {
            tell(() -> answered.completeExceptionally(failure));
          }
        });
    return answered;
  }

  private static <T> void complete(
      CompletableFuture<HttpResponse<T>> answered,
      HttpResponse.BodyHandler<T> handler,
      Reply<?> reply,
      byte[] body) {
    HttpResponse.BodySubscriber<T> subscriber = handler.apply(reply);
    subscriber.onSubscribe(
        new Flow.Subscription() {
          @Override
          public void request(long n) {}

          @Override
          public void cancel() {}
        });
    for (int at = 0; at < body.length; at += 1000) {
      subscriber.onNext(
          List.of(ByteBuffer.wrap(body, at, Math.min(1000, body.length - at)).slice()));
    }
    subscriber.onComplete();
    T whole = subscriber.getBody().toCompletableFuture().getNow(null);
    answered.complete(new Reply<>(reply.request(), reply.statusCode(), reply.headers(), whole));
  }

  private static String body(HttpRequest request) {
    StringBuilder text = new StringBuilder();
    request
        .bodyPublisher()
        .ifPresent(
            publisher ->
                publisher.subscribe(
                    new Flow.Subscriber<>() {
                      @Override
                      public void onSubscribe(Flow.Subscription subscription) {
                        subscription.request(Long.MAX_VALUE);
                      }

                      @Override
                      public void onNext(ByteBuffer part) {
                        text.append(StandardCharsets.UTF_8.decode(part));
                      }

                      @Override
                      public void onError(Throwable error) {}

                      @Override
                      public void onComplete() {}
                    }));
    return text.toString();
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler,
      HttpResponse.PushPromiseHandler<T> pushes) {
    return sendAsync(request, handler);
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return Optional.empty();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return Optional.empty();
  }

  @Override
  public Redirect followRedirects() {
    return Redirect.NEVER;
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return Optional.empty();
  }

  @Override
  public SSLContext sslContext() {
    throw new UnsupportedOperationException();
  }

  @Override
  public SSLParameters sslParameters() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return Optional.empty();
  }

  @Override
  public Version version() {
    return Version.HTTP_1_1;
  }

  @Override
  public Optional<Executor> executor() {
    return Optional.of(executor);
  }

  /** How the agent makes it. */
  static final class Making implements HttpClient.Builder {
    private final World world;
    private Executor executor = Runnable::run;

    Making(World world) {
      this.world = world;
    }

    @Override
    public HttpClient build() {
      return new WorldClient(world, executor);
    }

    @Override
    public HttpClient.Builder executor(Executor given) {
      executor = given;
      return this;
    }

    @Override
    public HttpClient.Builder connectTimeout(Duration duration) {
      return this;
    }

    @Override
    public HttpClient.Builder followRedirects(Redirect policy) {
      return this;
    }

    @Override
    public HttpClient.Builder sslContext(SSLContext context) {
      return this;
    }

    @Override
    public HttpClient.Builder cookieHandler(CookieHandler handler) {
      return this;
    }

    @Override
    public HttpClient.Builder sslParameters(SSLParameters parameters) {
      return this;
    }

    @Override
    public HttpClient.Builder version(Version version) {
      return this;
    }

    @Override
    public HttpClient.Builder priority(int priority) {
      return this;
    }

    @Override
    public HttpClient.Builder proxy(ProxySelector selector) {
      return this;
    }

    @Override
    public HttpClient.Builder authenticator(Authenticator authenticator) {
      return this;
    }
  }
}
