package loomagent.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The status page, in a browser. */
final class PageTest extends StatusScene {
  private static final String LOADED = "document.getElementById('footer').textContent";

  /** Looks again at once, instead of in some seconds. */
  private static final String AGAIN = "clearTimeout(timer), look(), true";

  @TempDir static Path profile;
  private static Browser browser;

  @BeforeAll
  static void start() throws Exception {
    Optional<Path> program = Browser.program();
    assumeTrue(program.isPresent() || System.getenv("CI") != null, "install chromium");
    browser = Browser.start(program.orElseThrow(), profile);
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void desktop() throws Exception {
    browser.look(1280, 900, false);
  }

  private StatusServer show() throws Exception {
    StatusServer server = listen();
    open(server.address());
    return server;
  }

  private static void open(String address) throws Exception {
    browser.open(address);
    browser.await(LOADED);
  }

  private static String word() throws Exception {
    return (String) browser.eval("document.getElementById('word').textContent");
  }

  @Test
  void itSaysThatAllIsWellAndAsksNobodyElse() throws Exception {
    shop.latest.add(Shop.event(1, "mis delivered", "log unwanted"));
    shop.connections
        .get(0)
        .put("gaps", List.of(Shop.gap(Duration.ofHours(3), Duration.ofMinutes(4), true, 12)));
    StatusServer server = show();
    assertEquals("Connected", word());
    assertEquals("Connected – loom-agent", browser.eval("document.title"));
    assertEquals("good", browser.eval("document.getElementById('state').className"));
    String text = browser.text();
    assertTrue(text.contains("Since 11:58 (2 h 5 min)."), text);
    assertTrue(text.contains("closed, 12 events fetched"), text);
    assertTrue(text.contains("All are closed"), text);
    assertTrue(text.contains("mission_control.job_added"), text);
    assertTrue(text.contains("✓ mis"), text);
    assertFalse(text.contains("unwanted"), text);
    assertFalse(text.contains("What is wrong"), text);
    assertEquals(List.of(), browser.complaints);
    assertEquals(
        List.of(server.address(), server.address() + "status.json"),
        browser.requests.stream().filter(url -> url.startsWith("http")).distinct().toList());
  }

  @Test
  void itSaysWhatIsWrongInWordsSymbolAndColour() throws Exception {
    show();
    Object good = browser.eval("document.getElementById('symbol').getAttribute('d')");
    shop.problems.add(new Insight.Problem("handler mis", "84 events wait since 11:20"));
    shop.handlers.set(0, Shop.handler("mis", 10, 84, 1, 7, "answered 503"));
    browser.eval(AGAIN);
    browser.await("document.getElementById('state').className === 'warn'");
    assertEquals("Needs attention", word());
    assertNotEquals(good, browser.eval("document.getElementById('symbol').getAttribute('d')"));
    String text = browser.text();
    assertTrue(text.contains("Handler mis: 84 events wait since 11:20"), text);
    assertTrue(text.contains("Last error: answered 503"), text);
    shop.connections.set(0, Shop.connection("default", "connecting"));
    browser.eval(AGAIN);
    browser.await("document.getElementById('state').className === 'bad'");
    assertEquals("Not connected", word());
    assertTrue(browser.text().contains("loom.zaikio.com could not be found"));
  }

  @Test
  void itRefreshesItselfAndSaysWhenNobodyAnswersAndGoesOnTrying() throws Exception {
    StatusServer server = show();
    browser.eval("window.mark = document.querySelector('#handlers td')");
    shop.handlers.set(0, Shop.handler("mis", 1205, 0, 0, 0, ""));
    browser.await("document.getElementById('handlers').innerText.includes('1,205')");
    assertEquals(true, browser.eval("window.mark.isConnected"), "only what differs is changed");
    int port = server.port();
    server.close();
    browser.eval(AGAIN);
    browser.await("document.getElementById('word').textContent === 'No answer from the agent'");
    assertTrue(browser.text().contains("1,205"), "what was known is still there");
    assertTrue(browser.text().contains("Asked again every 5 s"), browser.text());
    try (StatusServer next =
        StatusServer.listen(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            shop,
            service,
            Optional.empty(),
            Quiet.LOGGER)) {
      browser.await("document.getElementById('word').textContent === 'Connected'");
      assertEquals(port, next.port());
    }
  }

  @Test
  void itRestsWhileNobodySeesIt() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    shop.asked = asked::incrementAndGet;
    show();
    ControlScene.await(() -> asked.get() > 2);
    browser.eval(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true}),"
            + " document.dispatchEvent(new Event('visibilitychange')), look()");
    int before = asked.get();
    browser.eval("new Promise(done => setTimeout(done, 4 * EVERY))");
    assertEquals(before, asked.get());
    browser.eval("delete document.hidden, document.dispatchEvent(new Event('visibilitychange'))");
    ControlScene.await(() -> asked.get() > before + 2);
  }

  @Test
  void whatComesFromElsewhereIsTextAndNothingElse() throws Exception {
    String nasty = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&amp;";
    shop.problems.add(new Insight.Problem(nasty, nasty));
    shop.handlers.set(0, Shop.handler(nasty, 0, 1, 1, 1, nasty));
    shop.connections.set(0, Shop.connection(nasty, "connecting"));
    shop.connections.get(0).put("lastError", nasty);
    Map<String, Object> event = Shop.event(1, "x delivered");
    event.put("name", nasty);
    event.put("subject", nasty);
    shop.latest.add(event);
    open(listen().unlock());
    assertTrue(browser.text().contains(nasty), browser.text());
    assertEquals(0L, browser.eval("document.querySelectorAll('img, main script').length"));
    assertEquals(List.of(), browser.complaints);
  }

  @Test
  void itFitsAPhoneAndIsDarkInTheDark() throws Exception {
    shop.received = IntStream.range(0, 288).mapToObj(i -> i % 40).toList();
    for (int i = 0; i < 40; i++) {
      shop.connections.add(Shop.connection("press-hall-with-a-rather-long-name-" + i, "live"));
      shop.connections
          .get(i)
          .put(
              "gaps", List.of(Shop.gap(Duration.ofHours(i), Duration.ofMinutes(9), i % 2 == 0, 5)));
    }
    for (int i = 0; i < 10; i++) {
      shop.handlers.add(
          Shop.handler("h".repeat(60) + i, 1_000_000_000, 2_000_000, 1, 3, "x".repeat(300)));
      shop.latest.add(Shop.event(i, "h".repeat(60) + " waiting"));
    }
    StatusServer server = listen();
    for (int width : List.of(360, 700, 1280)) {
      browser.look(width, 800, true);
      open(server.unlock());
      assertEquals(
          0L,
          browser.eval("Math.max(0, document.documentElement.scrollWidth - innerWidth)"),
          width + " pixels are too few");
      assertEquals(
          "",
          browser.eval(
              "[...document.querySelectorAll('main *')].filter(e => !e.closest('svg') &&"
                  + " e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)"
                  + ".slice(0, 1).join()"));
    }
    String dark = (String) browser.eval("getComputedStyle(document.body).backgroundColor");
    assertTrue(dark.matches("rgb\\((\\d|[1-5]\\d), .*"), dark);
    browser.look(360, 800, false);
    String light = (String) browser.eval("getComputedStyle(document.body).backgroundColor");
    assertTrue(light.matches("rgb\\(2[0-9]{2}, .*"), light);
    assertTrue(browser.text().contains("29 more connections"), browser.text());
  }

  @Test
  void theColoursCanBeReadByDayAndByNight() throws Exception {
    shop.handlers.set(0, Shop.handler("mis", 1, 1, 1, 1, "an error"));
    shop.handlers.add(Shop.handler("old", 1, 1, 0, 0, "an old error"));
    shop.problems.add(new Insight.Problem("handler mis", "fails"));
    shop.latest.add(Shop.event(1, "a delivered", "b waiting", "c retrying", "d dead"));
    StatusServer server = listen();
    for (boolean dark : List.of(false, true)) {
      browser.look(1280, 900, dark);
      open(server.unlock());
      assertEquals("", browser.eval(CONTRAST), dark ? "in the dark" : "by day");
    }
  }

  /** Every text whose contrast is below 4.5 (WCAG 2.2, AA), with it. */
  private static final String CONTRAST =
      """
      (() => {
        const rgb = c => c.match(/[\\d.]+/g).map(Number);
        const light = c => rgb(c).slice(0, 3).map(v => v / 255)
            .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
        const behind = e => { const c = getComputedStyle(e).backgroundColor;
            return (rgb(c)[3] ?? 1) > 0 ? c : behind(e.parentElement); };
        return [...document.querySelectorAll('body *')]
            .filter(e => e.checkVisibility() && !e.closest('svg')
                && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
            .map(e => { const a = light(getComputedStyle(e).color), b = light(behind(e));
                return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.outerHTML]; })
            .filter(([ratio]) => ratio < 4.5).map(x => x.join(' ')).join('\\n');
      })()
      """;

  @Test
  void thePlotSpeaksToo() throws Exception {
    List<Integer> received = new ArrayList<>(shop.received);
    received.set(287, 5);
    received.set(0, 7);
    shop.received = received;
    shop.connections
        .get(0)
        .put("gaps", List.of(Shop.gap(Duration.ofHours(3), Duration.ofMinutes(4), false, 0)));
    show();
    String words =
        (String) browser.eval("document.querySelector('#plot svg').getAttribute('aria-label')");
    assertTrue(words.startsWith("12 events in the last 24 hours; most at "), words);
    assertTrue(words.contains("7 events; 1 gap without a connection"), words);
    assertEquals(2L, browser.eval("document.querySelectorAll('#plot .bar title').length"));
    assertEquals(1L, browser.eval("document.querySelectorAll('#plot .gap').length"));
    assertTrue((boolean) browser.eval("[...document.querySelectorAll('#plot text')].length > 10"));
    browser.eval("document.querySelector('#plot svg').focus()");
    browser.call("Input.dispatchKeyEvent", Map.of("type", "keyDown", "key", "ArrowLeft"));
    browser.await("document.getElementById('reading').textContent.endsWith(': 5 events')");
    browser.eval("document.querySelector('#activity summary').click()");
    assertTrue(browser.text().contains("Hour"), browser.text());
  }

  @Test
  void aScreenReaderFindsItsWay() throws Exception {
    shop.latest.add(Shop.event(1, "mis delivered"));
    show();
    assertEquals("en", browser.eval("document.documentElement.lang"));
    assertEquals("polite", browser.eval("document.getElementById('word').ariaLive"));
    assertEquals(
        0L,
        browser.eval(
            "[...document.querySelectorAll('table')].filter(t => !t.ariaLabel ||"
                + " !t.querySelector('th[scope=col]')).length"));
    assertEquals(1L, browser.eval("document.querySelectorAll('main').length"));
    assertEquals(
        0L,
        browser.eval(
            "[...document.querySelectorAll('section:not(:empty):not([hidden])')].filter(s =>"
                + " !s.ariaLabel && !s.getAttribute('aria-labelledby')).length"));
    assertTrue(
        (boolean) browser.eval("[...document.querySelectorAll('time')].every(t => t.title)"));
  }

  @Test
  void withoutATokenThereAreNoButtons() throws Exception {
    show();
    assertEquals(0L, browser.eval("document.querySelectorAll('button').length"));
    assertTrue(browser.text().contains("The command page prints an address"), browser.text());
  }

  @Test
  void withOneItPausesResumesRetriesAndReloads() throws Exception {
    shop.handlers.set(0, Shop.handler("mis", 1, 0, 0, 2, "no"));
    StatusServer server = listen();
    open(server.unlock());
    assertEquals(server.address(), browser.eval("location.href"), "the token is out of sight");
    press("Pause: mis", "pause done");
    shop.handlers.get(0).put("paused", true);
    browser.eval(AGAIN);
    browser.await("document.querySelector('[aria-label=\"Resume: mis\"]')");
    assertTrue(browser.text().contains("paused"), browser.text());
    press("Resume: mis", "resume done");
    press("Try dead letters again: mis", "dead-retry done");
    browser.eval("document.querySelector('#desk button').click()");
    browser.await("document.querySelector('.said').textContent === 'reload done'");
    assertEquals(
        List.of(
            List.of("pause", "mis"),
            List.of("resume", "mis"),
            List.of("dead-retry", "mis", ""),
            List.of("reload")),
        List.copyOf(commands));
    clock.forward(Unlocks.GOOD_FOR);
    browser.eval("document.querySelector('#desk button').click()");
    browser.await("document.querySelectorAll('button').length === 0");
    assertTrue(browser.text().contains("this is locked"), browser.text());
    assertEquals(null, browser.eval("sessionStorage.getItem('loom-token')"));
    browser.eval("location.hash = '" + token(server) + "'");
    browser.await("document.querySelectorAll('#desk button').length === 2");
    assertEquals(server.address(), browser.eval("location.href"));
    press("Resume: mis", "resume done");
  }

  private static void press(String label, String said) throws Exception {
    browser.eval("document.querySelector('[aria-label=\"" + label + "\"]').click()");
    browser.await("document.querySelector('.said').textContent === '" + said + "'");
  }

  @Test
  void deadLettersAloneAreAReasonToLook() throws Exception {
    shop.handlers.set(0, Shop.handler("mis", 10, 0, 0, 1, "answered 400"));
    show();
    assertEquals("Needs attention", word());
    String text = browser.text();
    assertTrue(text.contains("1 event could not be delivered, and somebody has to decide"), text);
  }

  @Test
  void aFocusedButtonKeepsItsFocusOverARefresh() throws Exception {
    open(listen().unlock());
    browser.eval("document.querySelector('[aria-label=\"Pause: mis\"]').focus()");
    shop.handlers.set(0, Shop.handler("mis", 9_999, 0, 0, 0, ""));
    browser.eval(AGAIN);
    browser.await("document.getElementById('handlers').innerText.includes('9,999')");
    assertEquals("Pause: mis", browser.eval("document.activeElement.ariaLabel"));
  }

  @Test
  void itMakesTheBestOfWhatIsMissing() throws Exception {
    shop.connections.set(0, Shop.members("name", "default", "state", "live"));
    shop.handlers.set(0, Shop.members("name", "mis"));
    shop.latest.add(Shop.members("name", "a.b"));
    shop.received = List.of();
    show();
    assertEquals("Connected", word());
    assertEquals(List.of(), browser.complaints);
  }

  @Test
  void withoutJavaScriptThereIsALink() throws Exception {
    StatusServer server = listen();
    browser.call("Emulation.setScriptExecutionDisabled", Map.of("value", true));
    try {
      browser.open(server.address());
      browser.await("document.querySelector('noscript a')");
    } finally {
      browser.call("Emulation.setScriptExecutionDisabled", Map.of("value", false));
    }
    assertTrue(get(server, "/").body().contains("<a href=\"status.json\">status.json</a>"));
  }
}
