package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExposureTest {
  private static final String ADVICE = " Let only the agent's own user read it (chmod 600)";

  @TempDir Path folder;
  private Sources sources;

  @BeforeEach
  void begin() {
    sources = new Sources(folder);
  }

  @Test
  void secretsWrittenOutForOthersToReadAreOneWarning() throws Exception {
    sources.file(
        """
        events=a.b
        connections = a
        connection.a.token = tok-written-out
        connection.a.backfill.password = pw-written-out
        connection.a.backfill.app = shop
        proxy.url = http://p:1
        proxy.user = u
        proxy.password = pw-of-proxy
        handler.h.api-key = key-written-out
        handler.h.header.Authorization = Basic x
        handler.h.password = ${env:T}
        handler.h.secret =
        handler.h.url = x
        """);
    readable("agent.properties", "rw-r--r--");
    String warning =
        "agent.properties: others may read this file, and secrets are written out in it:"
            + " connection.a.token (line 3), connection.a.backfill.password (line 4),"
            + " proxy.password (line 8), handler.h.api-key (line 9),"
            + " handler.h.header.Authorization (line 10)."
            + ADVICE
            + ", or write ${file:…} or ${credential:…} in their place.";
    assertEquals(List.of(warning), sources.warnings());
    readable("agent.properties", "rw-r-----");
    assertEquals(List.of(warning), sources.warnings(), "the group of this user's own file");
    readable("agent.properties", "rw-------");
    assertEquals(List.of(), sources.warnings());
  }

  @Test
  void aWordThatOnlyHoldsOneOfTheWordsIsNoSecret() throws Exception {
    sources.file(Sources.ENOUGH + "handler.h.key-column = id\nhandler.h.token-file = x\n");
    readable("agent.properties", "rw-r--r--");
    assertEquals(List.of(), sources.warnings());
  }

  @Test
  void aSecretOnTheCommandLineIsAWarning() throws Exception {
    assertEquals(
        List.of(
            "--set token: token is written out on the command line. Use ${file:…} or"
                + " ${credential:…}."),
        sources.file(Sources.ENOUGH).set("token=tok-in-arguments").warnings());
  }

  @Test
  void aFileOfASecretThatOthersMayReadIsAWarning() throws Exception {
    sources.write("token", "tok-of-file");
    sources.write("other", "x");
    sources.file(
        """
        events=a.b
        token = ${file:token}
        handler.h.password = x${file:token}${env:T}
        handler.h.path = ${file:other}
        """);
    readable("token", "r--r--r--");
    readable("other", "r--r--r--");
    assertEquals(
        List.of(
            "agent.properties:2: others may read token, where token, handler.h.password come from."
                + ADVICE
                + "."),
        sources.warnings());
    readable("token", "r--------");
    assertEquals(List.of(), sources.warnings());
  }

  @Test
  void soIsAPrivateKey() throws Exception {
    sources.write("key.pem", "x");
    sources.file(Sources.ENOUGH + "tls.client-key = key.pem\ntls.client-certificate = key.pem\n");
    readable("key.pem", "rw----r--");
    assertEquals(
        List.of(
            "agent.properties:3: others may read key.pem, where tls.client-key comes from."
                + ADVICE
                + "."),
        sources.warnings());
  }

  @Test
  void ofManySecretsTheFirstAreNamed() throws Exception {
    StringBuilder file = new StringBuilder(Sources.ENOUGH);
    for (int i = 0; i < 13; i++) {
      file.append("handler.h").append(i).append(".secret = x\n");
    }
    sources.file(file.toString());
    readable("agent.properties", "rw-r--r--");
    assertTrue(sources.warnings().get(0).contains("handler.h9.secret (line 12) and 3 others."));
  }

  private void readable(String file, String permissions) throws IOException {
    Files.setPosixFilePermissions(
        folder.resolve(file), PosixFilePermissions.fromString(permissions));
  }
}
