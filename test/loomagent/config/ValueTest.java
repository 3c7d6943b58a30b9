package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loomagent.base.Secret;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ValueTest {
  @TempDir Path folder;
  private Sources sources;

  @BeforeEach
  void begin() {
    sources = new Sources(folder);
  }

  @Test
  void aValueMayHoldAnyNumberOfLookupsAnywhere() throws Exception {
    sources.write("f", "from-file\r\n");
    sources.write("two-ends", "x\n\n");
    sources.write("cred", "from-credential");
    sources.variable("CREDENTIALS_DIRECTORY", folder.toString()).variable("E", "${env:T}");
    assertEquals("<from-file|from-credential>", own("<${file:f}|${credential:cred}>"));
    assertEquals("${env:T}", own("${env:E}"), "what was looked up is not looked at again");
    assertEquals("${env:T}", own("$${env:T}"));
    assertEquals("$tok-default-1$", own("${env:E0}${env:T}$"));
    assertEquals("$$${tok-default-1", own("$$$${${env:T}"));
    assertEquals("x\n", own("${file:two-ends}"));
    assertEquals("$ {} }", own("$ {} }"));
    assertEquals("from-file", own("${file:" + folder.resolve("f") + "}"));
  }

  @Test
  void aRotatedFileTakesEffectAtTheNextUse() throws Exception {
    sources.write("token", "tok-before-rotation\n");
    sources.write("pw", "pw-before");
    sources.file("events=a.b\ntoken=${file:token}\nhandler.h.url=x?${file:pw}\n");
    Configuration read = sources.load();
    Map<String, String> settings = read.handlers().get(0).settings();
    assertEquals("tok-before-rotation", read.connections().get(0).token().orElseThrow().resolve());
    assertEquals("x?pw-before", settings.get("url"));
    sources.write("token", "tok-after-rotation\n");
    sources.write("pw", "pw-after");
    assertEquals("tok-after-rotation", read.connections().get(0).token().orElseThrow().resolve());
    assertEquals("x?pw-after", settings.get("url"));
    assertEquals("*** and ***", Secret.mask("tok-before-rotation and tok-after-rotation"));
    assertFalse(read.connections().get(0).token().orElseThrow().literal());
  }

  @Test
  void aLookupThatFailsLaterHasTheSameWordsAsAtTheStart() throws Exception {
    sources.write("token", "tok-before-removal");
    sources.file("events=a.b\ntoken=${file:token}\nhandler.h.url=${file:token}\n");
    Configuration read = sources.load();
    Files.delete(folder.resolve("token"));
    IOException later =
        assertThrows(
            IOException.class, () -> read.connections().get(0).token().orElseThrow().resolve());
    assertEquals(
        "agent.properties:2: token needs ${file:token}, but there is no such file. Put that right.",
        sources.plain(List.of(later.getMessage())).get(0));
    Map<String, String> settings = read.handlers().get(0).settings();
    UncheckedIOException own = assertThrows(UncheckedIOException.class, () -> settings.get("url"));
    assertEquals(sources.problems(), sources.plain(List.of(later.getMessage(), own.getMessage())));
    assertEquals("[url]", settings.toString());
    assertTrue(settings.containsKey("url"));
    assertNull(settings.get("other"));
  }

  @Test
  void aTokenThatBecomesUnusableIsRefusedAtItsUse() throws Exception {
    sources.write("token", "tok-good");
    Configuration read = sources.file("events=a.b\ntoken=${file:token}\n").load();
    for (String bad :
        List.of(
            "",
            "tok bad-inside",
            "tok\nbad",
            "tok\tbad",
            "bearer tok-bad",
            "tökbad",
            "tokbad\n\n")) {
      sources.write("token", bad);
      String words =
          assertThrows(
                  IOException.class,
                  () -> read.connections().get(0).token().orElseThrow().resolve())
              .getMessage();
      assertTrue(words.contains("agent.properties:2: token"), words);
      assertFalse(words.contains("bad"), words);
    }
    sources.write("token", "t".repeat(16 << 10));
    read.connections().get(0).token().orElseThrow().resolve();
    sources.write("token", "t".repeat((16 << 10) + 1));
    assertThrows(
        IOException.class, () -> read.connections().get(0).token().orElseThrow().resolve());
  }

  @Test
  void everyWayALookupCanFailIsSaid() throws Exception {
    sources.write("big", "x".repeat((64 << 10) + 1));
    sources.write("latin", new byte[] {'x', (byte) 0xFC});
    Map<String, String> faults =
        Map.of(
            "${env:NONE}", "the environment has none of this name. Put that right.",
            "${file:none}", "there is no such file. Put that right.",
            "${file:.}", "it is no ordinary file. Put that right.",
            "${file:big}", "it is larger than 64 KB. Put that right.",
            "${file:latin}", "it is not UTF-8. Put that right.",
            "${credential:x}", "systemd gave no credential (LoadCredential=). Put that right.");
    for (String raw : faults.keySet()) {
      assertEquals(
          List.of("agent.properties:3: handler.h.own needs " + raw + ", but " + faults.get(raw)),
          sources.file(Sources.ENOUGH + "handler.h.own=" + raw).problems());
    }
    for (String raw : List.of("a${env:T", "${env:}", "${vault:x}", "${}", "${")) {
      assertEquals(
          List.of(
              "agent.properties:3: handler.h.own holds a ${ that begins no ${env:NAME},"
                  + " ${file:PATH} or ${credential:NAME}. Correct it, or write $${ for a plain"
                  + " ${."),
          sources.file(Sources.ENOUGH + "handler.h.own=" + raw).problems());
    }
    sources.write("just", "x".repeat(64 << 10));
    assertEquals(64 << 10, own("${file:just}").length());
    assertEquals(
        List.of("agent.properties:3: handler.h.own comes to more than 64 KB. Write or name less."),
        sources.file(Sources.ENOUGH + "handler.h.own=x${file:just}").problems());
  }

  @Test
  void aCommandThatUsesNoSecretRunsWithoutThem() throws Exception {
    sources.file("events=a.b\ntoken=${env:NONE}\nhandler.h.secret=${file:none}\n");
    assertEquals(2, sources.problems().size());
    Configuration read = Configuration.load(sources.source().withoutLookups());
    assertThrows(
        IOException.class, () -> read.connections().get(0).token().orElseThrow().resolve());
    sources.file("");
    assertEquals(
        List.of(),
        Configuration.load(sources.source().withoutLookups()).connections().get(0).events());
    sources.file("events=a.b\ntoken=two words\n");
    assertThrows(
        ConfigurationException.class, () -> Configuration.load(sources.source().withoutLookups()));
  }

  @Test
  void noMessageShowsASecret() throws Exception {
    String secret = "Geheim-Wort-77";
    sources.write("secret", secret + "\n");
    sources.variable("SECRET", secret);
    for (String value :
        List.of(
            secret + " x",
            secret + "\u0007",
            "${" + secret,
            "${" + secret + "}",
            "ä" + secret,
            "${x:" + secret + "}",
            "bearer " + secret,
            secret.repeat(2_000))) {
      assertSilent(secret, "events=a.b\ntoken=" + value + "\nlog.level=x\n");
      assertSilent(secret, "events=a.b\ntoken=" + value + "\ntoken=" + value + "\nbad=1\n");
      assertSilent(secret, Sources.ENOUGH + "handler.h.api-key=${" + secret + "}\nbad=1\n");
    }
    for (String lookup : List.of("${file:secret}", "${env:SECRET}", "x${env:SECRET}")) {
      for (Key<?> key : Key.all()) {
        assertSilent(secret, Sources.ENOUGH + key.of("h") + "=" + lookup + "\nbad=1\n");
      }
    }
    assertSilent(secret, "events=a.b\ntoken=\\\n" + "e".repeat(90) + secret + "=\\u00\n");
    sources.file(Sources.ENOUGH).set(secret);
    assertFalse(sources.problems().toString().contains(secret));
  }

  @Test
  void nothingThatIsPrintedByAccidentShowsASecret() throws Exception {
    String secret = "Accident-Word-78";
    sources.set("token=" + secret, "handler.h.password=" + secret);
    Configuration read = sources.set("events=a.b").load();
    assertEquals(secret, read.connections().get(0).token().orElseThrow().resolve());
    assertEquals(secret, read.handlers().get(0).settings().get("password"));
    assertFalse((read + "" + sources.source()).contains(secret), read::toString);
    assertEquals("***", Secret.mask(secret));
  }

  private void assertSilent(String secret, String file) {
    String told = sources.file(file).problems().toString();
    assertFalse(told.contains(secret), told);
  }

  private String own(String raw) throws Exception {
    sources.variable("E0", "$");
    return sources
        .file(Sources.ENOUGH + "handler.h.own=" + raw)
        .load()
        .handlers()
        .get(0)
        .settings()
        .get("own");
  }
}
