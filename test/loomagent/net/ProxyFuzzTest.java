package loomagent.net;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import loomagent.base.Fuzz;
import loomagent.base.LogLines;
import loomagent.base.RawServer;
import loomagent.base.Secret;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever answers in a proxy's place: one line of words without the password, or an answer. */
@Tag("fuzz")
class ProxyFuzzTest {
  private static final byte[][] GOOD = {
    "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        .getBytes(StandardCharsets.US_ASCII),
    RawServer.http(407, "", "Proxy-Authenticate", "Basic realm=\"p\""),
    RawServer.http(403, "no"),
    RawServer.http(502, "<html>bad gateway</html>", "Via", "1.1 p")
  };

  private static final class Login implements Network.Login {
    @Override
    public String user() {
      return "user";
    }

    @Override
    public Secret password() {
      return new Secret("the-pr0xy-password");
    }
  }

  private static Network network(RawServer proxy) throws IOException {
    URI url = URI.create("http://" + proxy.authority());
    Network.Proxy way = new Network.Proxy(url, Optional.of(new Login()));
    return Network.open(
        new Network.Settings(
            Optional.of(way), List.of(), Optional.empty(), Optional.empty(), Optional.empty()),
        new LogLines());
  }

  @Test
  void whateverTheProxyAnswersIsSaidInALineWithoutThePassword() throws Exception {
    AtomicReference<byte[]> answer = new AtomicReference<>();
    int[] outcomes = new int[2];
    try (RawServer proxy = new RawServer(head -> answer.get())) {
      Network network = network(proxy);
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://loom.example/x"))
              .timeout(Duration.ofSeconds(2))
              .build();
      boolean all =
          Fuzz.run(
              200,
              fuzz -> {
                byte[] good = fuzz.one(GOOD);
                answer.set(fuzz.once(4) ? fuzz.input(good) : fuzz.damaged(good, fuzz.one(GOOD)));
                CompletableFuture<HttpResponse<byte[]>> future =
                    network.client().sendAsync(request, head -> new Body(1_000));
                try {
                  assertTrue(future.get(4, TimeUnit.SECONDS).body().length <= 1_001);
                  outcomes[0]++;
                } catch (ExecutionException failure) {
                  String words = Failures.words(failure, "loom.api");
                  assertTrue(words.length() < 1_000, words);
                  assertFalse(words.chars().anyMatch(Character::isISOControl), words);
                  assertFalse(words.contains("the-pr0xy-password"), words);
                  outcomes[1]++;
                } catch (TimeoutException endless) {
                  future.cancel(true); // HttpClient's own limit ends with the head
                }
              });
      assertTrue(!all || outcomes[1] > 20, outcomes[0] + " and " + outcomes[1]);
    }
  }
}
