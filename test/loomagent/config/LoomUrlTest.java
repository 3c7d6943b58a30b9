package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LoomUrlTest {
  @Test
  void encryptedAddressesMayBeAnywhereAndPlainOnesHereOnly() {
    for (String right :
        List.of(
            "wss://loom.zaikio.com/websocket",
            "wss://10.0.0.7:8443",
            "WSS://[2001:db8::1]/x?y=z",
            "ws://localhost:3000/websocket",
            "ws://LOCALHOST",
            "ws://127.0.0.1:1/",
            "ws://127.255.3.4",
            "ws://[::1]:65535/",
            "ws://[0:0:0:0:0:0:0:1]/")) {
      assertEquals(URI.create(right), LoomUrl.websocket(right));
    }
  }

  @Test
  void everythingElseIsRefusedWithoutBeingShown() {
    Map<String, String> wrong =
        Map.ofEntries(
            Map.entry("ws://127.0.0.1.evil.example/", "unencrypted"),
            Map.entry("ws://128.0.0.1/", "unencrypted"),
            Map.entry("ws://[::2]/", "unencrypted"),
            Map.entry("ws://localhost.example/", "unencrypted"),
            Map.entry("https://pw.example/", "wss://"),
            Map.entry("pw.example/websocket", "wss://"),
            Map.entry("wss://user:pw@host/", "password"),
            Map.entry("wss://pw@host/", "password"),
            Map.entry("wss://us_er:pw@ho_st/", "password"),
            Map.entry("wss:///pw", "host"),
            Map.entry("wss:pw", "host"),
            Map.entry("wss://pw_pw/", "host"),
            Map.entry("wss://host:0/pw", "port"),
            Map.entry("wss://host:65536/pw", "port"),
            Map.entry("wss://host/#pw", "#"),
            Map.entry("wss://host/p w", "Illegal character"),
            Map.entry("wss://host/" + "p".repeat(2_048), "2048"));
    wrong.forEach(
        (text, why) -> {
          String words =
              assertThrows(IllegalArgumentException.class, () -> LoomUrl.websocket(text), text)
                  .getMessage();
          assertTrue(words.contains(why), words);
          assertFalse(words.contains("pw"), words);
        });
  }

  @Test
  void anAddressOfTheApiTakesAPathBehindIt() {
    Map<String, String> right =
        Map.of(
            "https://loom.zaikio.com", "https://loom.zaikio.com",
            "https://loom.zaikio.com/", "https://loom.zaikio.com",
            "https://proxy.example:8443/loom//", "https://proxy.example:8443/loom",
            "HTTPS://loom.zaikio.com", "HTTPS://loom.zaikio.com",
            "http://localhost:3000/", "http://localhost:3000",
            "http://[::1]:1", "http://[::1]:1");
    right.forEach((text, url) -> assertEquals(URI.create(url), LoomUrl.api(text)));
    Map<String, String> wrong =
        Map.of(
            "http://loom.zaikio.com", "would send the password unencrypted. Write https://;",
            "http://127.0.0.1.evil.example/", "http:// is for this machine only",
            "wss://loom.zaikio.com", "has to begin with https:// (or http:// on this machine).",
            "loom.zaikio.com", "has to begin with https://",
            "https:///x", "Write it like https://host.",
            "https://user:pw@host", "password",
            "https://host/?pw=1", "holds a ?. Remove it and what follows.",
            "https://host?", "holds a ?",
            "https://host/#pw", "holds a #");
    wrong.forEach(
        (text, why) -> {
          String words =
              assertThrows(IllegalArgumentException.class, () -> LoomUrl.api(text), text)
                  .getMessage();
          assertTrue(words.contains(why), words);
          assertFalse(words.contains("pw"), words);
        });
  }

  @Test
  void theEnvironmentDecidesUnlessAnAddressIsWritten(@TempDir Path folder) throws Exception {
    Sources sources = new Sources(folder).file(Sources.ENOUGH + "environment = production");
    assertEquals(URI.create("wss://loom.zaikio.com/websocket"), sources.connection().url());
    assertEquals(URI.create("https://loom.zaikio.com"), sources.connection().loomApi());
    sources.set("loom.url=ws://127.0.0.1:3000/x");
    assertEquals(URI.create("ws://127.0.0.1:3000/x"), sources.connection().url());
    assertEquals(URI.create("https://loom.zaikio.com"), sources.connection().loomApi());
    sources.set("loom.api=http://127.0.0.1:3000/");
    assertEquals(URI.create("http://127.0.0.1:3000"), sources.connection().loomApi());
  }
}
