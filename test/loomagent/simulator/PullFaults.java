package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the pull API can do wrong, for {@link Simulator#nextPull}; see also {@link Faults}. */
public final class PullFaults {
  private PullFaults() {}

  /** 429 as Zaikio says it: when the span ends, in unix seconds, and which rule it was. */
  public static Script rateLimit(long reset) {
    Map<String, String> headers =
        Map.of("RateLimit-Reset", Long.toString(reset), "RateLimit-Rule", "100/60s");
    return Faults.refuse(429, headers, "too many");
  }

  /** At most so many requests in a span that begins with the first; to {@code script}. */
  public static Script limited(int requests, Duration span, Script script) {
    AtomicInteger left = new AtomicInteger();
    AtomicLong end = new AtomicLong(); // in milliseconds
    return peer -> {
      long now = System.currentTimeMillis();
      synchronized (left) {
        if (now >= end.get()) {
          left.set(requests);
          end.set(now + span.toMillis());
        }
      }
      boolean room = left.getAndDecrement() > 0;
      (room ? script : rateLimit((end.get() + 999) / 1000)).run(peer);
    };
  }

  /** Answers, but the body ends half way, where its length says there is more. */
  public static Script cutBody(String body) {
    return peer -> {
      String head = "HTTP/1.1 200 \r\nContent-Length: " + body.getBytes(UTF_8).length;
      String half = body.substring(0, body.length() / 2);
      peer.raw((head + "\r\n\r\n" + half).getBytes(UTF_8));
    };
  }
}
