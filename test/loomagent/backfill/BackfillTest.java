package loomagent.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.random.RandomGenerator;
import loomagent.Event;
import loomagent.base.HandClock;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.net.Network;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BackfillTest {
  private static final String A = "default";
  private static final String OWN = "Org/837ebb91-2d4b-4818-a19b-04fea7be8cde";
  private static final String OTHER = "Org/00000000-2d4b-4818-a19b-04fea7be8cde";
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Optional<Instant> NONE = Optional.empty();
  private static final Limits LIMITS =
      new Limits(Duration.ofSeconds(10), Duration.ofSeconds(20), 64 << 10, 50);

  @TempDir Path folder;
  private final LogLines log = new LogLines();
  private final BadDisk disk = new BadDisk();
  private final HandClock clock = new HandClock(NOON);
  private final TestSink sink = new TestSink();
  private final TestWaiting waiting = new TestWaiting();
  private final Network network = Network.direct(log);
  private final List<Backfill> made = new ArrayList<>();
  private PullServer server;
  private Gaps gaps;
  private Limits limits = LIMITS;
  private List<String> names = List.of("a.one", "a.two", "ä.three&x=1");
  private volatile Optional<String> organization = Optional.of(OWN);
  private volatile String password = "pass:wörd";

  /** Lets time pass at once, but for the waits beyond those allowed. */
  private final class TestWaiting implements Backfill.Waiting {
    final List<Duration> waits = Collections.synchronizedList(new ArrayList<>());
    volatile int allowed = 1000;
    final CountDownLatch held = new CountDownLatch(1);

    @Override
    public void pause(Duration time, CountDownLatch stop) throws InterruptedException {
      waits.add(time);
      clock.forward(time);
      if (waits.size() >= allowed) {
        held.countDown();
        stop.await();
      }
    }
  }

  /** A journal in memory, of which only what was flushed outlasts a crash. */
  private static final class TestSink implements Sink {
    final Set<String> ids = ConcurrentHashMap.newKeySet();
    final List<String> taken = Collections.synchronizedList(new ArrayList<>());
    final ConcurrentLinkedQueue<String> aside = new ConcurrentLinkedQueue<>();
    final Set<String> flushed = ConcurrentHashMap.newKeySet();
    private int room = Integer.MAX_VALUE;
    volatile CountDownLatch refused = new CountDownLatch(1);

    void room(int events) {
      room = events;
      refused = new CountDownLatch(1);
    }

    @Override
    public Taken take(String id, String name, byte[] utf8, int from, int to) {
      if (room-- <= 0) {
        refused.countDown();
        return Taken.REFUSED;
      }
      if (!ids.add(id)) {
        return Taken.DUPLICATE;
      }
      taken.add(name + " " + new String(utf8, from, to - from, UTF_8));
      return Taken.NEW;
    }

    @Override
    public void aside(String text, String reason) {
      aside.add(reason + ": " + text);
    }

    @Override
    public boolean flush() {
      flushed.addAll(ids);
      return true;
    }

    void crash() {
      ids.retainAll(flushed);
    }
  }

  @BeforeEach
  void open() throws IOException {
    server = new PullServer();
    gaps = Gaps.open(folder, disk, log);
  }

  @AfterEach
  void close() {
    made.forEach(Backfill::close);
    server.close();
  }

  private static String event(String id, String name, String subject) {
    return "{\"id\":\"" + id + "\", \"name\":\"" + name + "\",\"subject\":\"" + subject + "\"}";
  }

  private void serve(String name, int... numbers) {
    List<String> events = new ArrayList<>(server.events.getOrDefault(name, List.of()));
    for (int number : numbers) {
      events.add(event(name + number, name, OWN));
    }
    server.events.put(name, events);
  }

  private Backfill backfill() {
    return backfill(server.url());
  }

  private Backfill.Credentials credentials() {
    return new Backfill.Credentials() {
      @Override
      public String app() {
        return "my_app";
      }

      @Override
      public Secret password() throws IOException {
        if (password.isEmpty()) {
          throw new IOException("backfill.password needs ${file:p}, but it is not there");
        }
        if (password.equals("fault")) {
          throw new IllegalStateException("no luck");
        }
        return new Secret(password);
      }
    };
  }

  private Backfill backfill(URI api) {
    Backfill backfill =
        new Backfill(
            new Backfill.Settings(A, api, names, Duration.ofMinutes(5), "loom-agent/test"),
            credentials(),
            () -> organization,
            gaps,
            sink,
            network,
            clock,
            RandomGenerator.of("L64X128MixRandom"),
            log,
            limits,
            waiting);
    made.add(backfill);
    return backfill;
  }

  private void gap() {
    gaps.lost(
        A, clock.instant().minusSeconds(192), Optional.of(clock.instant().minusSeconds(600)), NONE);
    gaps.live(A, clock.instant());
  }

  /** A gap that is closed in the end, whatever the server says at first. */
  private String closed(PullServer.Answer... script) throws InterruptedException {
    serve("a.one", 1, 2, 3);
    server.script.addAll(List.of(script));
    gap();
    backfill().live();
    String line = log.await(" closed: ");
    assertEquals(3, sink.taken.size());
    return line;
  }

  private String note() {
    return gaps.recent(A, 1).get(0).note();
  }

  @Test
  void allPagesOfAllNamesArePulledFromTheLastEventKnownLessTheMargin() throws Exception {
    serve("a.one", 1, 2, 3, 4, 5);
    serve("ä.three&x=1", 1, 2);
    gap();
    Backfill backfill = backfill();
    backfill.live();
    assertEquals("INFO gap of 3m 12s closed: 7 events recovered", log.await(" closed: "));
    assertEquals(
        List.of("a.one", "a.one", "a.one", "a.two", "ä.three&x=1"), server.asked("filter[name]"));
    assertEquals(List.of("-", "2", "3", "-", "-"), server.asked("page"));
    assertEquals(Set.of("2026-03-01T11:45:00Z"), Set.copyOf(server.asked("filter[from]")));
    assertEquals(Set.of("-"), Set.copyOf(server.asked("filter[to]")));
    assertEquals(7, sink.taken.size());
    assertEquals("a.one " + event("a.one1", "a.one", OWN), sink.taken.get(0));
    assertEquals(sink.ids, sink.flushed);
    assertEquals(7, backfill.recovered());
    Gap gap = gaps.recent(A, 1).get(0);
    assertTrue(gap.closed());
    assertEquals("7 ", gap.recovered() + " " + gap.note());
    assertEquals(List.of(), server.odd);
  }

  @Test
  void nothingIsAskedBeforeTheConfirmationOrWithoutAGap() throws Exception {
    gap();
    Backfill backfill = backfill();
    assertEquals(List.of(), server.asked("path"));
    backfill.live();
    log.await(" closed: ");
    backfill.live();
    backfill.close();
    assertEquals(3, server.asked("path").size());
    backfill.live();
    assertEquals(3, server.asked("path").size());
  }

  @Test
  void onlyOwnEventsWithNamesAskedForAreKept() throws Exception {
    serve("a.one", 1);
    server.events.put(
        "a.two",
        List.of(
            event("1", "a.two", OTHER),
            event("2", "a.two", OWN.toUpperCase(Locale.ROOT)),
            event("3", "a.two", ""),
            event("4", "a.four", OWN),
            event("a.one1", "a.one", OWN),
            "5",
            "[{\"id\":\"x\"}]",
            "{\"name\":\"a.two\"}"));
    gap();
    backfill().live();
    assertEquals(
        "INFO gap of 3m 12s closed: 2 events recovered, 1 was known already, 2 of other"
            + " organizations left aside, 1 with names not asked for left aside",
        log.await(" closed: "));
    assertEquals(Set.of("a.one1", "2"), sink.ids);
    assertEquals(
        List.of(
            "pulled, no JSON object: 5",
            "pulled, no JSON object: [{\"id\":\"x\"}]",
            "pulled, without an id: {\"name\":\"a.two\"}"),
        List.copyOf(sink.aside));
  }

  @Test
  void severalGapsArePulledInOneGoFromTheEarliest() throws Exception {
    gap();
    clock.forward(Duration.ofHours(2));
    gap();
    backfill().live();
    assertEquals(
        "INFO 2 gaps of 6m 24s together closed: 0 events recovered", log.await(" closed: "));
    assertEquals(3, server.asked("path").size());
    assertEquals(Set.of("2026-03-01T11:45:00Z"), Set.copyOf(server.asked("filter[from]")));
    assertEquals(List.of(), gaps.open(A));
    assertEquals("pulled together with gap 1", note());
  }

  @Test
  void aLossInTheMiddleDoesNotStopThePullAndComesNext() throws Exception {
    serve("a.one", 1, 2, 3);
    gap();
    Backfill backfill = backfill();
    server.script.add(
        exchange -> {
          clock.forward(Duration.ofMinutes(10));
          gap();
          backfill.live();
          PullServer.status(503).to(exchange);
        });
    backfill.live();
    log.await("gap of 3m 12s closed: 3 events");
    log.await("gap of 3m 12s closed: 0 events recovered, 3 were known already");
    assertEquals(List.of(), gaps.open(A));
    assertEquals(3, gaps.recent(A, 9).get(0).recovered());
  }

  @Test
  void whatPassesIsWaitedOutAsTheServerAsks() throws Exception {
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            ZonedDateTime.ofInstant(NOON.plusSeconds(7 + 11 + 90), ZoneOffset.UTC));
    long reset = NOON.getEpochSecond() + 7 + 11 + 90 + 3600;
    closed(
        PullServer.status(429, "Retry-After", "7"),
        PullServer.status(503, "Retry-After", "11"),
        PullServer.status(429, "Retry-After", date),
        PullServer.status(429, "RateLimit-Reset", "" + reset, "RateLimit-Rule", "10/60"),
        PullServer.status(429, "Retry-After", "999999"),
        PullServer.status(429, "Retry-After", "soon"));
    assertEquals(
        List.of(7L, 11L, 90L, 3600L, 3600L),
        waiting.waits.stream().limit(5).map(Duration::toSeconds).toList());
    assertTrue(waiting.waits.get(5).compareTo(Duration.ofMinutes(1)) < 0);
    assertEquals(6, waiting.waits.size());
    assertTrue(log.await("(429)").startsWith("WARNING gap of 3m 12s not closed yet: too many"));
  }

  @Test
  void anOutageIsWaitedOutWithGrowingPausesAndSaidLessAndLess() throws Exception {
    PullServer.Answer[] script = new PullServer.Answer[40];
    Arrays.fill(script, PullServer.status(500));
    closed(script);
    assertEquals(40, waiting.waits.size());
    waiting.waits.forEach(
        wait -> assertTrue(wait.compareTo(Duration.ofMinutes(5)) <= 0, wait.toString()));
    assertTrue(waiting.waits.get(0).compareTo(Duration.ofSeconds(1)) <= 0);
    assertEquals(6, log.count("answered 500"), log.withLevels().toString());
    assertEquals(1, log.count("That is failure 32 in a row"));
    assertEquals("", note());
  }

  @Test
  void wrongCredentialsAreSaidNotedAndTriedSlowly() throws Exception {
    password = "wrong";
    waiting.allowed = 6;
    serve("a.one", 1);
    gap();
    backfill().live();
    waiting.held.await();
    assertEquals(
        "not closed yet: the pull API refused backfill.app and backfill.password (401). They are"
            + " the app's technical name and its event password, which is not the OAuth client"
            + " secret. Correct them",
        note());
    assertTrue(log.await("(401)").startsWith("ERROR"));
    for (Duration wait : waiting.waits) {
      assertTrue(wait.compareTo(Duration.ofMinutes(5)) >= 0, wait.toString());
      assertTrue(wait.compareTo(Duration.ofHours(1)) <= 0, wait.toString());
    }
    assertEquals(3, log.count("(401)"));
    assertEquals(1, gaps.open(A).size());
    assertTrue(log.withLevels().stream().noneMatch(line -> line.contains("wrong")));
    assertFalse(Files.readString(folder.resolve("gaps.ndjson")).contains("wrong"));
  }

  @Test
  void aRotatedPasswordCountsAtTheNextRequest() throws Exception {
    password = "old";
    serve("a.one", 1, 2, 3);
    gap();
    server.script.add(
        exchange -> {
          password = "pass:wörd";
          PullServer.status(401).to(exchange);
        });
    backfill().live();
    log.await(" closed: 3 events");
  }

  @Test
  void aPasswordThatCannotBeReadIsSaidAsTheConfigurationSaysIt() throws Exception {
    password = "";
    waiting.allowed = 1;
    gap();
    backfill().live();
    log.await("not closed yet: backfill.password needs ${file:p}, but it is not there. Next try");
    assertEquals(List.of(), server.asked("path"));
  }

  @Test
  void withoutAnOrganizationTheGapStaysOpenUntilItIsKnown() throws Exception {
    organization = Optional.empty();
    waiting.allowed = 1;
    serve("a.one", 1);
    gap();
    Backfill first = backfill();
    first.live();
    log.await("Set organization");
    waiting.held.await();
    assertEquals(List.of(), server.asked("path"));
    assertTrue(note().contains("Set organization"));
    first.close();
    organization = Optional.of(OWN);
    backfill().live();
    log.await(" closed: 1 event");
  }

  @Test
  void redirectsAreSaidAndNotFollowed() throws Exception {
    try (PullServer evil = new PullServer()) {
      closed(PullServer.status(302, "Location", evil.url() + "/api/v1/events"));
      assertEquals(List.of(), evil.asked("path"));
    }
    assertTrue(log.await("redirects (302 to http").startsWith("WARNING"));
  }

  @Test
  void aLinkToAnotherServerIsNotFollowed() throws Exception {
    try (PullServer evil = new PullServer()) {
      closed(PullServer.page("[]", "<" + evil.url() + "/api/v1/events>; rel=next"));
      assertEquals(List.of(), evil.asked("path"));
    }
    assertTrue(log.await("leads to another server").startsWith("WARNING"));
  }

  @Test
  void relativeAndUnencodedLinksAreFollowed() throws Exception {
    closed(
        PullServer.page("[]", "</x>; rel=prev, <?filter[name]=a.one&page=7>; rel=\"next\""),
        PullServer.page("[]", "</api/v1/events?filter%5Bname%5D=a.one&page=1>; rel=next"));
    assertEquals(List.of("-", "7", "1", "2", "-", "-"), server.asked("page"));
  }

  @Test
  void everyOddAnswerIsSaidAndTheNameBegunAgain() throws Exception {
    byte[] large = new byte[LIMITS.bytes()];
    Arrays.fill(large, (byte) ' ');
    closed(
        PullServer.status(404),
        PullServer.status(400),
        PullServer.status(418),
        PullServer.status(203),
        PullServer.page("<html>proxy</html>"),
        PullServer.page("{\"events\":[]}"),
        PullServer.page("[" + event("x", "a.one", OWN) + ",]"),
        PullServer.page("[]" + new String(large, UTF_8)),
        PullServer.page("[]", "garbage"),
        PullServer.status(407));
    assertEquals(10, waiting.waits.size());
    waiting.waits.stream()
        .skip(3)
        .forEach(wait -> assertTrue(wait.compareTo(Duration.ofMinutes(5)) >= 0));
    for (String part :
        List.of(
            "404: loom.api may be wrong",
            "answered 400",
            "answered 418",
            "answered 203",
            "no list of events (line 1, column 1: expected an array, found '<')",
            "found '{'",
            "found ']'",
            "larger than 65536 bytes",
            "Link header",
            "proxy.user")) {
      assertEquals(1, log.count(part), part);
    }
    assertFalse(sink.ids.contains("x"));
  }

  @Test
  void anAnswerThatWasGarbledOnItsWayIsAskedForAgainSoonAndOneThatComesAgainIsNot()
      throws Exception {
    PullServer.Answer garbled = PullServer.page("[" + event("x", "a.one", OWN));
    PullServer.Answer whole = PullServer.page("[]", "<?page=7>; rel=next");
    closed(garbled, garbled, garbled, PullServer.status(500), garbled, garbled, whole, garbled);
    List<Long> seconds = waiting.waits.stream().map(Duration::toSeconds).toList();
    assertTrue(seconds.subList(0, 4).stream().allMatch(wait -> wait < 15), seconds::toString);
    assertTrue(seconds.subList(4, 6).stream().allMatch(wait -> wait >= 300), seconds::toString);
    assertTrue(log.await("no list of events").startsWith("WARNING"));
    assertTrue(seconds.get(6) < 2, "a page in between makes good");
  }

  @Test
  void aStoredPageThatIsGoneIsBegunAgain() throws Exception {
    closed(
        PullServer.page("[]", "</api/v1/events?filter%5Bname%5D=a.one&page=9>; rel=next"),
        PullServer.status(410));
    assertEquals(List.of("-", "9", "-", "2", "-", "-"), server.asked("page"));
  }

  @Test
  void anEndlessBodyIsLeftAlone() throws Exception {
    PullServer.Answer endless =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          OutputStream out = exchange.getResponseBody();
          while (true) {
            out.write(new byte[1 << 16]); // until the agent closes the connection
          }
        };
    closed(
        endless,
        exchange -> {
          exchange.sendResponseHeaders(500, 0);
          OutputStream out = exchange.getResponseBody();
          while (true) {
            out.write(new byte[1 << 16]);
          }
        });
    assertEquals(1, log.count("larger than 65536 bytes"));
    assertEquals(1, log.count("answered 500"));
  }

  @Test
  void aDrippingBodyAndASilentServerAreGivenUp() throws Exception {
    limits = new Limits(Duration.ofMillis(300), Duration.ofMillis(900), 1000, 50);
    closed(
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write('[');
          exchange.getResponseBody().flush();
          await(server.ended);
        },
        exchange -> await(server.ended));
    assertEquals(1, log.count("did not end its answer within 900ms"));
    assertEquals(1, log.count("was not answered in time"));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aBrokenConnectionIsTriedAgain() throws Exception {
    closed(
        exchange -> {
          exchange.sendResponseHeaders(200, 100);
          exchange.getResponseBody().write('[');
          exchange.getResponseBody().flush(); // with nothing sent, the client tries again by itself
          throw new IOException("cut");
        });
    assertEquals(1, log.count("no answer from the pull API: "));
  }

  @Test
  void aServerThatIsNotThereIsTriedAgain() throws Exception {
    waiting.allowed = 3;
    gap();
    URI closed = server.url();
    server.close();
    backfill(closed).live();
    log.await("no answer from the pull API: connection refused");
    waiting.held.await();
    assertEquals(1, gaps.open(A).size());
  }

  @Test
  void pagesInACircleEndThePullUntilTheNextConfirmation() throws Exception {
    gap();
    for (int i = 1; i <= 40; i++) {
      int next = 3 + i % 5; // 1 2 3 4 5 6 7 3 4 …
      server.script.add(PullServer.page("[]", "</api/v1/events?page=" + next + ">; rel=\"next\""));
    }
    Backfill backfill = backfill();
    backfill.live();
    log.await("go round in a circle. Tried again after the next confirmation");
    assertTrue(server.asked("path").size() < 25, server.asked("page").toString());
    assertTrue(note().contains("circle"));
    assertEquals(List.of(), waiting.waits);
    server.script.clear();
    gap();
    backfill.live();
    log.await(" closed: ");
  }

  @Test
  void pagesWithoutEndEndThePull() throws Exception {
    gap();
    for (int i = 2; i <= 60; i++) {
      server.script.add(PullServer.page("[]", "</api/v1/events?page=" + i + ">; rel=\"next\""));
    }
    backfill().live();
    log.await("more than 50 pages of a.one");
    assertEquals(50, server.asked("path").size());
    assertEquals(1, gaps.open(A).size());
  }

  /** Each process gets one page further, and loses the event that it had in hand. */
  @Test
  void afterACrashThePullGoesOnWhereItStopped() throws Exception {
    serve("a.one", 1, 2, 3, 4, 5, 6, 7);
    serve("a.two", 1, 2, 3, 4);
    gap();
    for (int crash = 0; crash < 4; crash++) {
      sink.room(3);
      Backfill backfill = backfill();
      backfill.live();
      sink.refused.await();
      backfill.close();
      sink.crash();
      gaps = Gaps.open(folder, disk, log);
    }
    sink.room(3);
    backfill().live();
    log.await("gap of 3m 12s closed: 11 events recovered");
    assertEquals(11, sink.ids.size());
    assertEquals(
        List.of("-", "2", "2", "3", "3", "4", "-", "-", "2", "2", "-"), server.asked("page"));
    assertEquals(11, gaps.recent(A, 1).get(0).recovered());
  }

  @Test
  void theGapOfACrashInTheMiddleIsNotTakenForPulled() throws Exception {
    serve("a.one", 1, 2, 3);
    gap();
    CountDownLatch reached = new CountDownLatch(1);
    server.script.add(PullServer.page("[]", "</api/v1/events?filter[name]=a.one&page=2>;rel=next"));
    server.script.add(
        exchange -> {
          reached.countDown();
          await(server.ended);
        });
    Backfill first = backfill();
    first.live();
    reached.await();
    first.close();
    clock.forward(Duration.ofHours(2));
    gaps = Gaps.open(folder, disk, log);
    gap();
    backfill().live();
    log.await("gap of 3m 12s closed: 1 event recovered");
    log.await("gap of 3m 12s closed: 2 events recovered, 1 was known already");
    List<String> pages = server.asked("page");
    assertEquals(List.of("-", "2", "2", "-", "-", "-", "2", "-", "-"), pages);
    assertEquals(List.of(), gaps.open(A));
  }

  @Test
  void progressForAnotherAddressOrNameIsNotGoneOnWith() throws Exception {
    serve("a.one", 1);
    for (String page : List.of("http://127.0.0.1:1/api", "https://evil.example/api")) {
      gap();
      Gap gap = gaps.open(A).get(0);
      gaps.progress(
          gap.number(), new Gap.Progress(gap.number(), "a.one", URI.create(page), 0, 0, 0));
    }
    gap();
    gaps.progress(3, new Gap.Progress(3, "a.gone", URI.create(server.url() + "/gone"), 0, 0, 0));
    backfill().live();
    log.await("closed: 1 event recovered");
    assertEquals(Set.of("/api/v1/events"), Set.copyOf(server.asked("path")));
  }

  @Test
  void aSinkThatRefusesEndsThePull() throws Exception {
    serve("a.one", 1, 2, 3);
    sink.room(1);
    gap();
    Backfill backfill = backfill();
    backfill.live();
    sink.refused.await();
    backfill.close();
    assertEquals(1, server.asked("path").size());
    assertEquals(1, gaps.open(A).size());
  }

  @Test
  void closingEndsARequestThatHangs() throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    server.script.add(
        exchange -> {
          reached.countDown();
          await(server.ended);
        });
    gap();
    Backfill backfill = backfill();
    backfill.live();
    reached.await();
    backfill.close();
    assertNoThread();
    assertEquals(List.of(), waiting.waits);
    assertEquals("", note());
  }

  @Test
  void closingEndsARealWait() throws Exception {
    server.script.add(PullServer.status(503, "Retry-After", "3000"));
    gap();
    Backfill backfill =
        new Backfill(
            new Backfill.Settings(A, server.url(), names, Duration.ZERO, "loom-agent/test"),
            credentials(),
            () -> organization,
            gaps,
            sink,
            network,
            clock,
            RandomGenerator.getDefault(),
            log);
    backfill.live();
    log.await("answered 503. Next try in 50m");
    backfill.close();
    assertNoThread();
    backfill.close();
  }

  private static void assertNoThread() {
    assertTrue(
        Thread.getAllStackTraces().keySet().stream()
            .noneMatch(thread -> thread.getName().equals("backfill-" + A)));
  }

  @Test
  void anOldGapIsWarnedOfAndStillPulled() throws Exception {
    Instant from = NOON.minus(Duration.ofDays(22));
    gaps.lost(A, from, Optional.of(from), NONE);
    gaps.live(A, NOON);
    backfill().live();
    log.await(" closed: ");
    assertTrue(log.await("is old").startsWith("WARNING gap 1 is old: it began 22d before"));
    assertTrue(note().contains("some may be missing"));
  }

  @Test
  void aLongPullSaysHowFarItIs() throws Exception {
    serve("a.one", 1, 2, 3, 4, 5, 6);
    gap();
    PullServer.Answer late =
        exchange -> {
          clock.forward(Duration.ofSeconds(20));
          PullServer.page(
                  "[" + event("e" + clock.instant(), "a.one", OWN) + "]",
                  "</api/v1/events?filter[name]=a.one&page=1>;rel=next")
              .to(exchange);
        };
    server.script.add(late);
    server.script.add(
        exchange -> {
          clock.forward(Duration.ofSeconds(20));
          exchange.getResponseHeaders().add("Total-Count", "5000");
          PullServer.page("[]", "</api/v1/events?filter[name]=a.one&page=2>;rel=next").to(exchange);
        });
    backfill().live();
    assertEquals(
        "INFO pulling what was missed in gap of 3m 12s: 2 pages of a.one, which Loom counts 5000"
            + " events of; 1 event recovered",
        log.await("pulling"));
    log.await(" closed: ");
    assertEquals(1, log.count("pulling"));
  }

  @Test
  void aFullDiskUnderGapsDoesNotHinderThePull() throws Exception {
    disk.full = true;
    closed();
    assertEquals(1, log.count("No space left"));
  }

  @Test
  void aFaultOfASupplierDoesNotEndTheThread() throws Exception {
    waiting.allowed = 2;
    password = "fault";
    gap();
    backfill().live();
    waiting.held.await();
    assertEquals(2, log.count("internal fault: java.lang.IllegalStateException: no luck"));
  }

  @Test
  void theLastEventKnownIsTheEarliestOfItsTimes() {
    Instant one = NOON.minusSeconds(1);
    for (String text :
        List.of(
            "{\"id\":\"1\",\"timestamp\":\"%1$s\",\"received_at\":\"%2$s\"}",
            "{\"id\":\"1\",\"timestamp\":\"%2$s\",\"received_at\":\"%1$s\"}",
            "{\"id\":\"1\",\"timestamp\":\"yesterday\",\"received_at\":\"%1$s\"}")) {
      Event event = Event.parse(String.format(text, one, NOON.plusSeconds(5)));
      assertEquals(one, Backfill.lastKnown(event, NOON));
      assertEquals(NOON.minusSeconds(9), Backfill.lastKnown(event, NOON.minusSeconds(9)));
    }
    assertEquals(NOON, Backfill.lastKnown(Event.parse("{\"id\":\"1\"}"), NOON));
  }

  @Test
  void settingsThatCannotWorkAreRefused() {
    URI api = URI.create("https://loom.example");
    Duration margin = Duration.ofMinutes(5);
    for (Runnable wrong :
        List.<Runnable>of(
            () -> new Backfill.Settings(A, api, List.of(), margin, "x"),
            () -> new Backfill.Settings(A, URI.create("loom"), names, margin, "x"),
            () -> new Backfill.Settings(A, api, names, margin.negated(), "x"))) {
      assertThrows(IllegalArgumentException.class, wrong::run);
    }
  }
}
