package loomagent.backfill;

import java.time.Duration;

/**
 * How much of a server's time, and of what it says, is taken.
 *
 * @param answer for an answer to begin
 * @param whole for all of it: HttpClient's own limit ends with the headers, and a body may drip
 * @param bytes of a page; one of 100 events has some 60 KB
 * @param pages of one name in one go: ten million events
 */
record Limits(Duration answer, Duration whole, int bytes, int pages) {
  static final Limits STANDARD =
      new Limits(Duration.ofSeconds(30), Duration.ofMinutes(2), 16 << 20, 100_000);
}
