package loomagent.net;

import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * An HttpClient that tells the proxy who it is, and with each failure how the request went.
 *
 * <p>Java's own Authenticator would do the first as well, but with one in place HttpClient throws
 * at a server's 401 that has no {@code WWW-Authenticate}, keeps a password after it was changed,
 * and tries a wrong one three times.
 */
final class RoutedClient extends HttpClient {
  private static final String AUTHORIZATION =
      "Proxy-Authorization"; // HttpClient keeps it from servers

  private final HttpClient inner;
  private final Network network;

  RoutedClient(HttpClient inner, Network network) {
    this.inner = inner;
    this.network = network;
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<T>> future = sendAsync(request, handler);
    try {
      return future.get();
    } catch (ExecutionException failure) {
      throw Failures.cause(failure) instanceof IOException io ? io : new IOException(failure);
    } finally {
      future.cancel(true); // when interrupted
    }
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    return sendAsync(request, handler, null);
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler,
      HttpResponse.PushPromiseHandler<T> pushes) {
    Route route = network.route(request.uri());
    try {
      return inner
          .sendAsync(dressed(request, route.authorization()), handler, pushes)
          .handle(
              (answer, error) -> {
                if (error != null) {
                  throw new CompletionException(route.failed(error));
                }
                route
                    .refuses(answer.statusCode())
                    .ifPresent(
                        refused -> {
                          throw new CompletionException(refused);
                        });
                return answer;
              });
    } catch (Route.Failed noLogin) {
      return CompletableFuture.failedFuture(noLogin);
    }
  }

  private static HttpRequest dressed(HttpRequest request, Optional<String> authorization) {
    return authorization
        .map(
            text ->
                HttpRequest.newBuilder(request, (name, value) -> true)
                    .setHeader(AUTHORIZATION, text)
                    .build())
        .orElse(request);
  }

  @Override
  public WebSocket.Builder newWebSocketBuilder() {
    return new Dial(inner.newWebSocketBuilder());
  }

  private final class Dial implements WebSocket.Builder {
    private final WebSocket.Builder inner;

    Dial(WebSocket.Builder inner) {
      this.inner = inner;
    }

    @Override
    public WebSocket.Builder header(String name, String value) {
      inner.header(name, value);
      return this;
    }

    @Override
    public WebSocket.Builder connectTimeout(Duration timeout) {
      inner.connectTimeout(timeout);
      return this;
    }

    @Override
    public WebSocket.Builder subprotocols(String mostPreferred, String... lesserPreferred) {
      inner.subprotocols(mostPreferred, lesserPreferred);
      return this;
    }

    @Override
    public CompletableFuture<WebSocket> buildAsync(URI target, WebSocket.Listener listener) {
      Route route = network.route(target);
      try {
        route.authorization().ifPresent(text -> inner.header(AUTHORIZATION, text));
      } catch (Route.Failed noLogin) {
        return CompletableFuture.failedFuture(noLogin);
      }
      return inner
          .buildAsync(target, listener)
          .handle(
              (opened, error) -> {
                if (error != null) {
                  throw new CompletionException(route.failed(error));
                }
                return opened;
              });
    }
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return inner.cookieHandler();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return inner.connectTimeout();
  }

  @Override
  public Redirect followRedirects() {
    return inner.followRedirects();
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return inner.proxy();
  }

  @Override
  public SSLContext sslContext() {
    return inner.sslContext();
  }

  @Override
  public SSLParameters sslParameters() {
    return inner.sslParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return inner.authenticator();
  }

  @Override
  public Version version() {
    return inner.version();
  }

  @Override
  public Optional<Executor> executor() {
    return inner.executor();
  }
}
