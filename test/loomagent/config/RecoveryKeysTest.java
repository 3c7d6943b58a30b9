package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import loomagent.base.Secret;
import loomagent.config.HandlerSettings.Lanes;
import loomagent.config.HandlerSettings.Retry;
import loomagent.config.HandlerSettings.Start;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys of journal, backfill and delivery. */
final class RecoveryKeysTest {
  private static final String ORGANIZATION = "2b271d51-e447-4a16-810f-5abdc596700a";

  @TempDir Path folder;
  private Sources sources;

  @BeforeEach
  void begin() {
    sources = new Sources(folder).file(Sources.ENOUGH);
  }

  @Test
  void everyMistakeIsToldAtOnceWithWhatToWrite() {
    sources.file(
        Sources.ENOUGH
            + """
            organization = Org/2b271d51-e447-4a16-810f-5abdc596700a
            loom.api = http://loom.zaikio.com
            backfill.app = our shop
            backfill.password = two words
            backfill.margin = 8d
            backfill.since = yesterday
            journal.keep = 59s
            journal.max-size = 1023KB
            handler.mis.start = middle
            handler.mis.retry.first = 0s
            handler.mis.retry.longest = 25h
            handler.mis.retry.attempts = -1
            handler.mis.timeout = 99ms
            handler.mis.lanes = 65
            handler.mis.key = payload.
            """);
    assertEquals(
        List.of(
            "3: organization is \"Org/2b271d51-e447-4a16-810f-5abdc596700a\". Write a UUID like"
                + " 2b271d51-e447-4a16-810f-5abdc596700a, without the Org/.",
            "4: loom.api would send the password unencrypted. Write https://; http:// is for this"
                + " machine only (127.0.0.1, ::1, localhost).",
            "5: backfill.app is \"our shop\". Write the app's technical name, at most 128"
                + " characters, no space, no colon.",
            "6: backfill.password (9 characters) cannot be right. Write the app's event password,"
                + " best as ${file:…}, ${credential:…} or ${env:…}; at most 1 KB, no space.",
            "7: backfill.margin is \"8d\". Write 0s to 7d.",
            "8: backfill.since is \"yesterday\". Write a time like 2026-10-01T06:00:00+02:00, or an"
                + " age like 2h, at most 3650d.",
            "9: journal.keep is \"59s\". Write 1m to 3650d.",
            "10: journal.max-size is \"1023KB\". Write 1MB to 1TB.",
            "11: handler.mis.start is \"middle\". Write newest or oldest.",
            "12: handler.mis.retry.first is \"0s\". Write 10ms to 1h.",
            "13: handler.mis.retry.longest is \"25h\". Write 10ms to 24h.",
            "14: handler.mis.retry.attempts is \"-1\". Write 0 to 1000.",
            "15: handler.mis.timeout is \"99ms\". Write 100ms to 24h.",
            "16: handler.mis.lanes is \"65\". Write 1 to 64.",
            "17: handler.mis.key is \"payload.\". Write subject, name, link or"
                + " payload.<member>."),
        sources.problems().stream()
            .map(problem -> problem.replaceFirst("agent.properties:", ""))
            .toList());
  }

  @Test
  void whatIsWrittenIsRead() throws Exception {
    sources.file(
        Sources.ENOUGH
            + """
            organization = 2B271D51-E447-4A16-810F-5ABDC596700A
            backfill.app = our_shop
            backfill.password = ${env:PW}
            backfill.margin = 0s
            journal.keep = 30d
            journal.max-size = 20MB
            handler.mis.start = oldest
            handler.mis.retry.first = 2s
            handler.mis.retry.longest = 2s
            handler.mis.retry.attempts = 0
            handler.mis.timeout = 2m
            handler.mis.lanes = 4
            handler.mis.key = payload.job_id
            handler.mis.url = x
            """);
    Configuration read = sources.variable("PW", "pw-of-events").load();
    assertEquals(
        Optional.of(UUID.fromString(ORGANIZATION)), read.connections().get(0).organization());
    assertEquals(Optional.of("our_shop"), read.connections().get(0).backfillApp());
    assertEquals(
        "pw-of-events", read.connections().get(0).backfillPassword().orElseThrow().resolve());
    assertEquals("***", Secret.mask("pw-of-events"));
    assertEquals(Duration.ZERO, read.connections().get(0).backfillMargin());
    assertEquals(Duration.ofDays(30), read.journalKeep());
    assertEquals(20L << 20, read.journalMaxSize());
    HandlerSettings mis = read.handlers().get(0);
    assertEquals(Start.OLDEST, mis.start());
    assertEquals(new Retry(Duration.ofSeconds(2), Duration.ofSeconds(2), 0), mis.retry());
    assertEquals(Duration.ofMinutes(2), mis.timeout());
    assertEquals(new Lanes(4, "payload.job_id"), mis.lanes());
    assertEquals(Map.of("url", "x"), Map.copyOf(mis.settings()), "none of the keys is its own");
  }

  @Test
  void aHandlerOfWhichNothingIsSaidHasTheDefaults() {
    HandlerSettings mis = HandlerSettings.byDefault("mis");
    assertEquals("mis", mis.name());
    assertEquals("mis", mis.type());
    assertTrue(mis.enabled() && mis.events().matches("any.thing"));
    assertEquals(Start.NEWEST, mis.start());
    assertEquals(new Retry(Duration.ofSeconds(1), Duration.ofMinutes(5), 10), mis.retry());
    assertEquals(Duration.ofSeconds(30), mis.timeout());
    assertEquals(new Lanes(1, ""), mis.lanes());
    assertEquals(Map.of(), mis.settings());
    assertEquals("default", mis.origin());
  }

  @Test
  void severalLanesKeepTheSubjectsOrderUnlessTheKeySaysOtherwise() throws Exception {
    assertEquals(new Lanes(2, "subject"), handler("lanes=2").lanes());
    assertEquals(new Lanes(2, "link"), handler("lanes=2", "key=link").lanes());
    assertEquals(new Lanes(1, "name"), handler("lanes=1", "key=name").lanes());
    assertEquals(new Lanes(1, ""), handler("lanes=1").lanes());
    for (String wrong : List.of("", "Subject", "payload", "payload.a.b", "payload.a b", "id")) {
      assertEquals(
          1, sources.unset().set("handler.mis.key=" + wrong).problems().size(), "key " + wrong);
    }
  }

  @Test
  void theWordForAKeyIsNoSecret() throws Exception {
    assertEquals("payload.machine", handler("key=payload.machine").lanes().key());
    assertEquals("payload.machine", Secret.mask("payload.machine"));
    assertEquals("sk-1234567", handler("api.key=sk-1234567").settings().get("api.key"));
    assertEquals("***", Secret.mask("sk-1234567"));
  }

  @Test
  void aWaitThatShrinksIsToldOfTheHandlerItIsWrittenFor() {
    sources.file(
        Sources.ENOUGH
            + """
            handler.a.retry.first = 6m
            handler.b.retry.first = 10s
            handler.b.retry.longest = 9s
            handler.c.retry.first = soon
            handler.c.retry.longest = 10ms
            """);
    assertEquals(
        List.of(
            "agent.properties:3: handler.a.retry.longest is 5m, shorter than handler.a.retry.first"
                + " (6m). Raise it, or lower handler.a.retry.first.",
            "agent.properties:5: handler.b.retry.longest is 9s, shorter than handler.b.retry.first"
                + " (10s). Raise it, or lower handler.b.retry.first.",
            "agent.properties:6: handler.c.retry.first is \"soon\". Write 10ms to 1h."),
        sources.problems());
  }

  @Test
  void appAndPasswordStandTogetherOrNotAtAll() throws Exception {
    assertEquals(
        List.of(
            "--set backfill.app: backfill.app needs backfill.password beside it. Write both, or"
                + " neither."),
        sources.set("backfill.app=shop").problems());
    assertEquals(2, sources.set("backfill.app=a shop").problems().size());
    sources.variable("LOOM_AGENT_BACKFILL_PASSWORD", "pw").set("backfill.app=shop").load();
    sources.unset().file(Sources.ENOUGH + "backfill.password = ${file:pw}\n");
    sources.write("pw", "pw-alone\n");
    assertEquals(
        List.of(
            "agent.properties:3: backfill.password needs backfill.app beside it. Write both, or"
                + " neither."),
        sources.problems());
    assertThrows(
        ConfigurationException.class, () -> Configuration.load(sources.source().withoutLookups()));
  }

  @Test
  void thePasswordIsReadAnewAtEachUse() throws Exception {
    sources.write("pw", "pw-before\n");
    sources.set("backfill.app=shop", "backfill.password=${file:pw}");
    Value password = sources.connection().backfillPassword().orElseThrow();
    sources.write("pw", "pw-after");
    assertEquals("pw-after", password.resolve());
    sources.write("pw", "pw after");
    String words = assertThrows(IOException.class, password::resolve).getMessage();
    assertTrue(words.startsWith("--set backfill.password: backfill.password (8 chara"), words);
    assertFalse(words.contains("after"), words);
    sources.unset().file(Sources.ENOUGH + "backfill.app=shop\nbackfill.password=${env:NONE}");
    Configuration.load(sources.source().withoutLookups());
    assertEquals(1, sources.problems().size());
  }

  @Test
  void aPasswordWrittenOutIsAWarning() throws Exception {
    sources.set("backfill.app=shop", "backfill.password=pw-in-arguments");
    assertEquals(
        List.of(
            "--set backfill.password: backfill.password is written out on the command line. Use"
                + " ${file:…} or ${credential:…}."),
        sources.warnings());
  }

  @Test
  void theBeginningIsATimeOrAnAgeButNeverInTheFuture() throws Exception {
    Map<String, String> right =
        Map.of(
            "2026-10-01T06:00:00+02:00", "2026-10-01T04:00:00Z",
            "2026-10-01T06:00:00.123Z", "2026-10-01T06:00:00.123Z",
            "2026-10-08T12:00Z", "2026-10-08T12:00:00Z",
            "2h", "2026-10-08T10:00:00Z",
            "7d", "2026-10-01T12:00:00Z",
            "0s", "2026-10-08T12:00:00Z",
            "3650d", "2016-10-10T12:00:00Z");
    for (Map.Entry<String, String> each : right.entrySet()) {
      assertEquals(
          Optional.of(Instant.parse(each.getValue())),
          sources.unset().set("backfill.since=" + each.getKey()).connection().backfillSince());
    }
    assertEquals(
        Optional.of(Sources.NOW.minus(Duration.ofHours(2))),
        Configuration.load(sources.unset().set("backfill.since=2h").source().withoutLookups())
            .connections()
            .get(0)
            .backfillSince());
    for (String future : List.of("2026-10-08T12:00:01Z", "+999999999-12-31T23:59:59-18:00")) {
      assertEquals(
          List.of(
              "--set backfill.since: backfill.since is in the future. Write a time like"
                  + " 2026-10-01T06:00:00+02:00, or an age like 2h, at most 3650d."),
          sources.unset().set("backfill.since=" + future).problems());
    }
    for (String wrong :
        List.of(
            "",
            "2026-10-01",
            "2026-10-01T06:00:00",
            "2026-13-01T06:00:00Z",
            "-2h",
            "3651d",
            "999999999d",
            "2016-10-10T11:59:59Z",
            "-999999999-01-01T00:00:00Z",
            "2 h")) {
      assertEquals(
          List.of(
              "--set backfill.since: backfill.since is \""
                  + wrong
                  + "\". Write a time like 2026-10-01T06:00:00+02:00, or an age like 2h, at most"
                  + " 3650d."),
          sources.unset().set("backfill.since=" + wrong).problems());
    }
  }

  @Test
  void sizesCountIn1024s() throws Exception {
    Map<String, Long> right =
        Map.of("1024KB", 1L << 20, "1MB", 1L << 20, "3GB", 3L << 30, "1TB", 1L << 40);
    for (Map.Entry<String, Long> each : right.entrySet()) {
      assertEquals(
          each.getValue(),
          sources.unset().set("journal.max-size=" + each.getKey()).load().journalMaxSize());
    }
    for (String wrong :
        List.of("1", "1 GB", "1gb", "1.5GB", "GB", "1025GB", "999999999TB", "16777217TB", "0MB")) {
      assertEquals(
          List.of(
              "--set journal.max-size: journal.max-size is \"" + wrong + "\". Write 1MB to 1TB."),
          sources.unset().set("journal.max-size=" + wrong).problems());
    }
  }

  @Test
  void aKeyOfTwoWordsMayStandInTheEnvironmentToo() throws Exception {
    sources.variable("LOOM_AGENT_HANDLER_MIS_RETRY_FIRST", "3s");
    sources.variable("LOOM_AGENT_JOURNAL_MAX_SIZE", "2MB");
    assertEquals(2L << 20, sources.load().journalMaxSize());
    assertEquals(List.of(), sources.warnings());
    HandlerSettings alone = sources.load().handlers().get(0);
    assertEquals("mis", alone.name());
    assertEquals(Duration.ofSeconds(3), alone.retry().first());
    sources.file(Sources.ENOUGH + "handler.mis.retry.first = 4s\nhandler.a-b.type = log");
    assertEquals(Duration.ofSeconds(3), sources.load().handlers().get(0).retry().first());
    sources.variable("LOOM_AGENT_HANDLER_A_B_RETRY_ATTEMPTS", "0");
    assertEquals(0, sources.load().handlers().get(1).retry().attempts());
    assertEquals(Map.of(), sources.load().handlers().get(1).settings());
    sources.variable("LOOM_AGENT_HANDLER_MIS_RETRY_FRIST", "3s");
    assertEquals(1, sources.warnings().size(), "belongs to no key");
  }

  @Test
  void aSlipIsMetWithTheNearestKey() throws Exception {
    assertEquals(
        List.of(
            "--set journal.max-sise: unknown key \"journal.max-sise\". Did you mean"
                + " \"journal.max-size\"?",
            "--set backfil.app: unknown key \"backfil.app\". Did you mean \"backfill.app\"?"),
        sources.set("journal.max-sise=1GB", "backfil.app=shop").problems());
    sources.unset().set("handler.mis.retry.frist=1s", "handler.mis.timout=1s");
    sources.set("handler.mis.ley=x", "handler.mis.header.Retry=x", "handler.mis.path=x");
    assertEquals(
        List.of(
            "--set handler.mis.retry.frist: handler.mis.retry.frist goes to the handler as a"
                + " setting of its own. Did you mean \"handler.mis.retry.first\"?",
            "--set handler.mis.timout: handler.mis.timout goes to the handler as a setting of its"
                + " own. Did you mean \"handler.mis.timeout\"?"),
        sources.warnings());
  }

  private HandlerSettings handler(String... keys) throws Exception {
    sources.unset();
    for (String key : keys) {
      sources.set("handler.mis." + key);
    }
    return sources.load().handlers().get(0);
  }
}
