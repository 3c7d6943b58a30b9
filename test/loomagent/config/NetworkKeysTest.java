package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.base.Secret;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys of the Hub, of the proxy and of TLS. */
final class NetworkKeysTest {
  @TempDir Path folder;
  private Sources sources;

  @BeforeEach
  void begin() {
    sources = new Sources(folder).file(Sources.ENOUGH);
  }

  @Test
  void everyMistakeIsToldAtOnceWithWhatToWrite() {
    sources.file(
        """
        events = a.b
        hub.url = http://hub.zaikio.com
        oauth.client-id = a client
        oauth.client-secret = two words
        oauth.scopes = a.r b.r
        oauth.refresh-token =
        organization = 2b271d51-e447-4a16-810f-5abdc596700a
        standby = yes
        proxy.url = proxy:3128
        proxy.user = a:b
        proxy.password = tschüss
        proxy.bypass = http://intern, shop/8
        tls.ca = none.pem
        tls.client-certificate = .
        tls.client-key = ${env:T}.pem
        """);
    String secret = "best as ${file:…}, ${credential:…} or ${env:…}; at most ";
    assertEquals(
        List.of(
            "2: hub.url would send the client secret unencrypted. Write https://; http:// is for"
                + " this machine only (127.0.0.1, ::1, localhost).",
            "3: oauth.client-id is \"a client\". Write the app's client ID, at most 256 characters,"
                + " no space, no colon.",
            "4: oauth.client-secret (9 characters) cannot be right. Write the app's client secret, "
                + secret
                + "1 KB, no space.",
            "5: oauth.scopes holds \"a.r b.r\". Write scopes with commas, at most 100; no"
                + " Org/<uuid>. in front.",
            "6: oauth.refresh-token (0 characters) cannot be right. Write the first refresh token, "
                + secret
                + "16 KB, no space.",
            "8: standby is \"yes\". Write true or false.",
            "9: proxy.url has to begin with http://. Write it like http://proxy.example:3128.",
            "10: proxy.user is \"a:b\". Write the user's name there, at most 128 characters, no"
                + " colon.",
            "11: proxy.password (7 characters) cannot be right. Write the user's password there, "
                + secret
                + "1 KB, no umlauts.",
            "12: proxy.bypass holds \"http://intern\", \"shop/8\". Write hosts, or blocks like"
                + " 10.0.0.0/8, with commas, at most 100.",
            "13: tls.ca needs \"none.pem\", but there is no such file. Put that right.",
            "14: tls.client-certificate needs \".\", but it is no ordinary file. Put that right.",
            "15: tls.client-key gets a wrong value from its ${…}. Write a PEM file."),
        sources.problems().stream()
            .map(problem -> problem.replaceFirst("agent.properties:", ""))
            .toList());
  }

  @Test
  void whatIsWrittenIsRead() throws Exception {
    Path pem = sources.write("ca.pem", "-----BEGIN");
    sources.set("proxy.url=HTTP://Proxy.example:3128/", "proxy.user=DOM\\a user");
    sources.set("proxy.password=${file:pw}", "proxy.bypass=*.intern, 10.0.0.0/8,[::1],.shop");
    sources.set("tls.ca=ca.pem", "tls.client-certificate=" + pem, "tls.client-key=./x/../ca.pem");
    sources.set("hub.url=http://localhost:1/hub/").write("pw", "a b&c-proxy\n");
    Configuration read = sources.load();
    assertEquals(Optional.of(URI.create("http://Proxy.example:3128")), read.proxyUrl());
    assertEquals(Optional.of("DOM\\a user"), read.proxyUser());
    assertEquals("a b&c-proxy", read.proxyPassword().orElseThrow().resolve());
    assertEquals("***", Secret.mask("a b&c-proxy"));
    assertEquals(List.of("*.intern", "10.0.0.0/8", "[::1]", ".shop"), read.proxyBypass());
    assertEquals(Optional.of(pem), read.tlsCa());
    assertEquals(Optional.of(pem), read.tlsClientCertificate());
    assertEquals(Optional.of(pem), read.tlsClientKey());
    assertEquals(URI.create("http://localhost:1/hub"), sources.connection().hub());
  }

  @Test
  void withoutThemThereIsNoProxyAndNothingButJavasOwnAuthorities() throws Exception {
    Configuration read = sources.load();
    assertEquals(Optional.empty(), read.proxyUrl());
    assertEquals(Optional.empty(), read.proxyUser());
    assertEquals(Optional.empty(), read.proxyPassword());
    assertEquals(List.of(), read.proxyBypass());
    assertEquals(Optional.empty(), read.tlsCa());
    assertEquals(Optional.empty(), read.tlsClientCertificate());
    assertEquals(Optional.empty(), read.tlsClientKey());
    assertFalse(sources.connection().standby());
  }

  @Test
  void anAddressOfAProxyIsAHostAndAPortAndIsNeverShown() {
    Map<String, String> wrong =
        Map.of(
            "https://pw.example:3128", "never encrypted",
            "socks5://pw.example:1080", "SOCKS",
            "SOCKS://pw.example", "SOCKS",
            "http://user:pw@proxy:3128", "proxy.user and proxy.password",
            "http://pw.example", "port",
            "http://pw.example:0", "port",
            "http://pw.example:65536", "port",
            "http://pw_pw:3128", "host",
            "http://pw.example:3128/pw", "more than a host and a port",
            "http://p w:1", "Illegal character");
    wrong.forEach(
        (text, why) -> {
          String words =
              assertThrows(IllegalArgumentException.class, () -> ProxyUrl.parse(text), text)
                  .getMessage();
          assertTrue(words.contains(why), words);
          assertFalse(words.contains("pw"), words);
        });
    assertEquals(URI.create("http://[::1]:8080"), ProxyUrl.parse("http://[::1]:8080"));
  }

  @Test
  void whatBelongsTogetherStandsTogether() {
    sources.set("proxy.user=u", "proxy.bypass=x", "tls.client-key=agent.properties");
    assertEquals(
        List.of(
            "--set proxy.user: proxy.user needs proxy.password beside it. Write both, or neither.",
            "--set proxy.user: proxy.user needs proxy.url beside it. Write http://host:port of an"
                + " HTTP proxy.",
            "--set proxy.bypass: proxy.bypass needs proxy.url beside it. Write http://host:port of"
                + " an HTTP proxy.",
            "--set tls.client-key: tls.client-key needs tls.client-certificate beside it. Write"
                + " both, or neither."),
        sources.problems());
    assertEquals(
        List.of(
            "--set proxy.password: proxy.password needs proxy.user beside it. Write both, or"
                + " neither.",
            "--set tls.client-certificate: tls.client-certificate needs tls.client-key beside it."
                + " Write both, or neither."),
        sources
            .unset()
            .set(
                "proxy.url=http://p:1",
                "proxy.password=x",
                "tls.client-certificate=agent.properties")
            .problems());
  }

  @Test
  void aFileIsLookedForOnlyWhereItIsNeeded() throws Exception {
    sources.set("tls.ca=none.pem");
    assertEquals(1, sources.problems().size());
    assertEquals(
        Optional.of(folder.resolve("none.pem")),
        Configuration.load(sources.source().withoutLookups()).tlsCa());
    Files.createDirectory(folder.resolve("none.pem"));
    assertTrue(sources.problems().get(0).contains("no ordinary file"));
  }

  @Test
  void scopesStandWithoutTheOrganization() throws Exception {
    sources.file("events=a.b\noauth.client-id=x");
    String uuid = "2b271d51-e447-4a16-810f-5abdc596700a";
    for (String wrong : List.of("Org/" + uuid + ".a.r", "a.r, Per/x.b.r", "a.r,Org/x")) {
      assertEquals(
          List.of(
              "--set oauth.scopes: oauth.scopes is written with Org/<uuid>. in front. Write only"
                  + " what stands behind that: organization says whose."),
          sources.set("oauth.scopes=" + wrong).problems());
    }
    for (String wrong : List.of("", "a.r,", "a\"r", "ä.r", "a r")) {
      assertEquals(1, sources.set("oauth.scopes=" + wrong).problems().size(), wrong);
    }
    sources.set("oauth.scopes= a.r , b:w ");
    assertEquals(List.of("a.r", "b:w"), sources.connection().oauth().orElseThrow().scopes());
  }
}
