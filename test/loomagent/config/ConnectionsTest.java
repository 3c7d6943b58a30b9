package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import loomagent.base.Secret;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several connections, and the one there is without their names. */
final class ConnectionsTest {
  private static final String BERLIN = "2b271d51-e447-4a16-810f-5abdc596700a";
  private static final String MUNICH = "8f0d9a6e-54b4-4a8e-9c9b-0d3a1c1f7a10";
  private static final String TWO = "events = a.b\nconnections = berlin, munich\n";

  @TempDir Path folder;
  private Sources sources;

  @BeforeEach
  void begin() {
    sources = new Sources(folder);
  }

  @Test
  void withoutNamesThereIsOneOfThePlainKeys() throws Exception {
    List<ConnectionSettings> all =
        sources.file(Sources.ENOUGH + "standby = true").load().connections();
    assertEquals(1, all.size());
    assertEquals("default", all.get(0).name());
    assertTrue(all.get(0).standby());
    assertEquals(Optional.empty(), all.get(0).oauth());
    assertEquals(URI.create("https://hub.sandbox.zaikio.com"), all.get(0).hub());
    assertEquals(List.of("agent.properties"), sources.plain(List.of(all.get(0).origin())));
  }

  @Test
  void whatAConnectionLacksThePlainKeysHave() throws Exception {
    sources.file(
        """
        connections = munich, berlin
        events = a.b
        standby = true
        backfill.margin = 1m
        backfill.app = shop
        backfill.password = ${env:T}
        connection.berlin.token = tok-of-berlin
        connection.berlin.standby = false
        connection.munich.token = tok-of-munich
        connection.munich.events = c.d, e.f
        connection.munich.organization = %s
        connection.munich.backfill.password = pw-of-munich
        connection.munich.backfill.since = 2h
        """
            .formatted(MUNICH));
    List<ConnectionSettings> all = sources.load().connections();
    ConnectionSettings munich = all.get(0);
    ConnectionSettings berlin = all.get(1);
    assertEquals(List.of("munich", "berlin"), all.stream().map(ConnectionSettings::name).toList());
    assertEquals(List.of("a.b"), berlin.events());
    assertEquals(List.of("c.d", "e.f"), munich.events());
    assertTrue(munich.standby() && !berlin.standby());
    assertEquals(Duration.ofMinutes(1), munich.backfillMargin());
    assertEquals("tok-of-berlin", berlin.token().orElseThrow().resolve());
    assertEquals("tok-of-munich", munich.token().orElseThrow().resolve());
    assertEquals("tok-default-1", berlin.backfillPassword().orElseThrow().resolve());
    assertEquals("pw-of-munich", munich.backfillPassword().orElseThrow().resolve());
    assertEquals(Optional.of("shop"), munich.backfillApp());
    assertEquals(Optional.of(UUID.fromString(MUNICH)), munich.organization());
    assertEquals(Optional.empty(), berlin.organization());
    assertEquals(Optional.of(Sources.NOW.minus(Duration.ofHours(2))), munich.backfillSince());
    assertEquals("agent.properties:7", sources.plain(List.of(berlin.origin())).get(0));
    assertEquals("***, ***", Secret.mask("tok-of-munich, pw-of-munich"));
  }

  @Test
  void eachMayHaveAnEnvironmentOfItsOwn() throws Exception {
    sources.file(
        TWO
            + """
            token = ${env:T}
            connection.munich.token = tok-of-munich
            connection.munich.environment = production
            """);
    List<ConnectionSettings> all = sources.load().connections();
    assertEquals(
        List.of(
            "wss://loom.sandbox.zaikio.com/websocket",
            "https://loom.sandbox.zaikio.com",
            "https://hub.sandbox.zaikio.com"),
        addresses(all.get(0)));
    assertEquals(
        List.of(
            "wss://loom.zaikio.com/websocket", "https://loom.zaikio.com", "https://hub.zaikio.com"),
        addresses(all.get(1)));
    // An address that is written outweighs an environment; a connection's own outweighs a plain
    // one.
    sources.set("environment=production", "connection.munich.environment=sandbox");
    sources.set("loom.url=ws://127.0.0.1:1/x", "hub.url=http://localhost:2/");
    sources.set("connection.berlin.loom.url=ws://127.0.0.1:3/y");
    all = sources.load().connections();
    assertEquals(
        List.of("ws://127.0.0.1:3/y", "https://loom.zaikio.com", "http://localhost:2"),
        addresses(all.get(0)));
    assertEquals(
        List.of("ws://127.0.0.1:1/x", "https://loom.sandbox.zaikio.com", "http://localhost:2"),
        addresses(all.get(1)));
  }

  @Test
  void theEnvironmentAndTheCommandLineReachEachConnection() throws Exception {
    sources.file(TWO.replace("berlin, munich", "ber-lin,munich") + "token = ${env:T}\n");
    sources.variable("LOOM_AGENT_CONNECTION_BER_LIN_TOKEN", "tok-of-variable");
    sources.variable("LOOM_AGENT_CONNECTION_MUNICH_BACKFILL_MARGIN", "7m");
    sources.set("connection.munich.events=x.y");
    List<ConnectionSettings> all = sources.load().connections();
    assertEquals("tok-of-variable", all.get(0).token().orElseThrow().resolve());
    assertEquals(Duration.ofMinutes(7), all.get(1).backfillMargin());
    assertEquals(List.of("x.y"), all.get(1).events());
    sources.variable("LOOM_AGENT_CONNECTION_MUNCIH_TOKEN", "x");
    assertEquals(
        List.of(
            "environment LOOM_AGENT_CONNECTION_MUNCIH_TOKEN: belongs to no key and is ignored."
                + " Correct it, or unset it."),
        sources.warnings());
  }

  @Test
  void theNamesMayStandInTheEnvironmentTooAndTheStrongestCount() throws Exception {
    sources.file(Sources.ENOUGH + "connections = a");
    sources
        .variable("LOOM_AGENT_CONNECTIONS", "b,c")
        .variable("LOOM_AGENT_CONNECTION_C_TOKEN", "t");
    List<ConnectionSettings> all = sources.load().connections();
    assertEquals(List.of("b", "c"), all.stream().map(ConnectionSettings::name).toList());
    assertEquals("t", all.get(1).token().orElseThrow().resolve());
    sources.set("connections=c,d");
    assertEquals("c", sources.connection().name());
    assertEquals("t", sources.connection().token().orElseThrow().resolve());
    sources.set("connections=d");
    assertEquals(1, sources.warnings().size(), "the variable is of no connection");
  }

  @Test
  void aKeyOfNoConnectionIsRefusedWithTheNearest() {
    sources.file(
        TWO
            + """
            token = ${env:T}
            connection.munch.token = x
            connection.hamburg.oauth.client-id = x
            connection.berlin.tokn = x
            connection.berlin.proxy.url = http://proxy:1
            connection.berlin.http.listen = x
            connection.berlin.stale-after = 1s
            connection.berlin.handler.log.type = log
            connection.Berlin.token = x
            connection.berlin = x
            conection.berlin.token = x
            """);
    String form = ". Write connection.<name>.<key>; a name is 1 to 64 of a-z, 0-9, _ and -.";
    assertEquals(
        List.of(
            "4: connection.munch.token is of no connection. Did you mean"
                + " \"connection.munich.token\"?",
            "5: connection.hamburg.oauth.client-id is of no connection. Write hamburg into"
                + " connections, or remove this.",
            "6: unknown key \"connection.berlin.tokn\". Did you mean \"connection.berlin.token\"?",
            "7: connection.berlin.proxy.url cannot be one connection's own. Write proxy.url, for"
                + " all.",
            "8: connection.berlin.http.listen cannot be one connection's own. Write http.listen,"
                + " for all.",
            "9: connection.berlin.stale-after cannot be one connection's own. Write stale-after,"
                + " for all.",
            "10: unknown key \"connection.berlin.handler.log.type\". The sample agent.properties"
                + " has every key.",
            "11: unknown key \"connection.Berlin.token\"" + form,
            "12: unknown key \"connection.berlin\"" + form,
            "13: unknown key \"conection.berlin.token\". The sample agent.properties has every"
                + " key."),
        told());
  }

  @Test
  void aConnectionsKeyWithoutNamesSaysWhatIsToBeWritten() {
    sources.file(Sources.ENOUGH + "connection.a.token = x\nconnection.b.events = c.d\n");
    assertEquals(
        List.of(
            "3: connection.a.token needs connections beside it. Write connections = a,b.",
            "4: connection.b.events needs connections beside it. Write connections = a,b."),
        told());
  }

  @Test
  void namesAreShortAndEachIsThereOnce() throws Exception {
    sources.file(Sources.ENOUGH);
    assertEquals(
        List.of("a-1_b", "0"),
        sources.set("connections= a-1_b , 0 ").load().connections().stream()
            .map(ConnectionSettings::name)
            .toList());
    String words = "Write names of 1 to 64 of a-z, 0-9, _ and -, with commas, at most 500.";
    for (String wrong : List.of("", "Berlin", "a b", "-a", "a.b", "ü", "a".repeat(65), "a,")) {
      List<String> problems = sources.unset().set("connections=" + wrong).problems();
      assertEquals(1, problems.size(), problems::toString);
      assertTrue(problems.get(0).startsWith("--set connections: connections holds \""), wrong);
      assertTrue(problems.get(0).endsWith(words), wrong);
    }
    assertEquals(
        List.of("--set connections: connections holds a name twice. Write each once."),
        sources.unset().set("connections=a,b,a").problems());
  }

  @Test
  void eachNeedsEventsAndACredential() throws Exception {
    sources.file("connections = berlin, munich, bonn\nconnection.berlin.token = x\n");
    sources.set("connection.munich.events=a.b", "connection.munich.oauth.client-id=id");
    assertEquals(
        List.of(
            " events is missing. Write whole event names like mission_control.job_added, with"
                + " commas, at most 500; no *. Connections: berlin, bonn.",
            " token is missing, and so is oauth.client-id. Write token for a ready token, or"
                + " oauth.client-id for tokens that are renewed. Connections: bonn."),
        told());
    Configuration offline = Configuration.load(sources.source().withoutLookups());
    assertEquals(List.of(), offline.connections().get(2).events());
    assertEquals(Optional.empty(), offline.connections().get(2).token());
  }

  @Test
  void aReadyTokenBesideFetchedOnesIsAmbiguous() {
    sources.file(Sources.ENOUGH + "oauth.client-id = id\n");
    assertEquals(
        List.of(
            "2: token is set, and so is oauth.client-id (agent.properties:3). Keep one: a ready"
                + " token, or tokens that are renewed."),
        told());
    sources.file(TWO + "connection.munich.token = x\nconnection.munich.oauth.scopes = a.r\n");
    sources.set("connection.berlin.token=y");
    assertEquals(
        List.of(
            "3: connection.munich.token is set, and so is connection.munich.oauth.scopes"
                + " (agent.properties:4). Keep one: a ready token, or tokens that are renewed."
                + ""),
        told());
  }

  @Test
  void itsOwnCredentialGoesBeforeWhatIsForAll() throws Exception {
    sources.file(TWO + "oauth.client-id = id\nconnection.munich.token = tok-of-munich\n");
    List<ConnectionSettings> all = sources.load().connections();
    assertEquals("id", all.get(0).oauth().orElseThrow().clientId());
    assertEquals("tok-of-munich", all.get(1).token().orElseThrow().resolve());
    assertEquals(Optional.empty(), all.get(1).oauth());
    sources.file(TWO + "token = ${env:T}\nconnection.munich.oauth.client-id = id\n");
    all = sources.load().connections();
    assertEquals("tok-default-1", all.get(0).token().orElseThrow().resolve());
    assertEquals("id", all.get(1).oauth().orElseThrow().clientId());
    assertEquals(Optional.empty(), all.get(1).token());
    assertFalse(all.get(1).oauth().orElseThrow().clientCredentials());
  }

  @Test
  void clientCredentialsNeedAnOrganizationAndScopes() throws Exception {
    sources.file(TWO + "oauth.client-id = id\noauth.client-secret = ${env:T}\n");
    sources.set("connection.munich.organization=" + MUNICH);
    assertEquals(
        List.of(
            "4: oauth.client-secret needs organization beside it. Write a UUID like "
                + BERLIN
                + ", without the Org/. Or run the command login. Connections: berlin.",
            "4: oauth.client-secret needs oauth.scopes beside it. Write scopes with commas, at most"
                + " 100; no Org/<uuid>. in front. Or run the command login. Connections: berlin,"
                + " munich."),
        told());
    sources.set("connection.berlin.organization=" + BERLIN, "oauth.scopes=a.r, b.r,a.r");
    ConnectionSettings.OAuth oauth = sources.connection().oauth().orElseThrow();
    assertTrue(oauth.clientCredentials());
    assertEquals(List.of("a.r", "b.r"), oauth.scopes());
    assertEquals("tok-default-1", oauth.clientSecret().orElseThrow().resolve());
    assertEquals(List.of(), sources.warnings());
  }

  @Test
  void aChainNeedsAClientAndNothingElse() throws Exception {
    sources.file("events = a.b\noauth.refresh-token = ${env:T}\noauth.scopes = a.r\n");
    String words = " Write the app's client ID, at most 256 characters, no space, no colon.";
    assertEquals(
        List.of(
            "2: oauth.refresh-token needs oauth.client-id beside it." + words,
            "3: oauth.scopes needs oauth.client-id beside it." + words),
        told());
    ConnectionSettings.OAuth oauth =
        sources
            .set("oauth.client-id=id", "oauth.client-secret=s")
            .connection()
            .oauth()
            .orElseThrow();
    assertFalse(oauth.clientCredentials());
    assertEquals("tok-default-1", oauth.refreshToken().orElseThrow().resolve());
    sources.file(TWO + "connection.berlin.token = x\nconnection.munich.oauth.client-secret = s\n");
    assertEquals(
        List.of(
            "4: connection.munich.oauth.client-secret needs connection.munich.organization beside"
                + " it. Write a UUID like "
                + BERLIN
                + ", without the Org/. Or run the command login.",
            "4: connection.munich.oauth.client-secret needs connection.munich.oauth.scopes beside"
                + " it. Write scopes with commas, at most 100; no Org/<uuid>. in front. Or run the"
                + " command login."),
        sources.unset().set("oauth.client-id=id").problems().stream().map(this::line).toList());
  }

  @Test
  void aRefreshTokenOfSeveralConnectionsIsRefused() throws Exception {
    sources.file(TWO + "oauth.client-id = id\noauth.refresh-token = ${env:T}\n");
    assertEquals(
        List.of(
            "4: oauth.refresh-token is used by several connections, but works only once. Write"
                + " connection.<name>.oauth.refresh-token for each. Connections: berlin, munich."),
        told());
    sources.set("connection.munich.oauth.refresh-token=${file:m}").write("m", "other");
    assertEquals(2, sources.load().connections().size());
    sources.set("connection.munich.token=x");
    assertEquals(1, sources.problems().size(), "both of its own: told as that alone");
  }

  @Test
  void aTokenOrAnOrganizationOfSeveralConnectionsIsAWarning() throws Exception {
    sources.file(TWO + Sources.ENOUGH.lines().skip(1).findFirst().orElseThrow());
    assertEquals(
        List.of(
            "agent.properties:3: token is used by several connections, and brings each of them the"
                + " same events. Write connection.<name>.token for each. Connections: berlin,"
                + " munich."),
        sources.warnings());
    sources.file(
        TWO
            + "oauth.client-id = id\noauth.client-secret = ${env:T}\noauth.scopes = a.r\n"
            + ("organization = " + BERLIN));
    assertEquals(
        List.of(
            "agent.properties:6: organization is used by several connections, and brings each of"
                + " them the same events. Write connection.<name>.organization for each."
                + " Connections: berlin, munich."),
        sources.warnings());
  }

  @Test
  void appAndPasswordStandTogetherInEachConnection() {
    sources.file(
        TWO
            + """
            token = ${env:T}
            connection.berlin.backfill.app = shop
            connection.munich.backfill.password = pw
            """);
    assertEquals(
        List.of(
            "4: connection.berlin.backfill.app needs connection.berlin.backfill.password beside it."
                + " Write both, or neither.",
            "5: connection.munich.backfill.password needs connection.munich.backfill.app beside it."
                + " Write both, or neither."),
        told());
  }

  @Test
  void aHandlerMayTakeFromSomeConnectionsOnly() throws Exception {
    sources.file(
        TWO + "token = ${env:T}\nhandler.a.connection = munich , berlin\nhandler.b.type=log\n");
    List<HandlerSettings> handlers = sources.load().handlers();
    assertEquals(List.of("munich", "berlin"), handlers.get(0).connections());
    assertEquals(List.of(), handlers.get(1).connections(), "all");
    assertFalse(handlers.get(0).settings().containsKey("connection"));
    sources.set("handler.a.connection=munch,hamburg", "handler.c.connection=*");
    assertEquals(
        List.of(
            "--set handler.a.connection: handler.a.connection names \"munch\", which is no"
                + " connection. Did you mean \"munich\"?",
            "--set handler.a.connection: handler.a.connection names \"hamburg\", which is no"
                + " connection. There is: berlin, munich.",
            "--set handler.c.connection: handler.c.connection holds \"*\". Write names of 1 to 64"
                + " of a-z, 0-9, _ and -, with commas, at most 500."),
        sources.problems());
    sources.unset().file(Sources.ENOUGH).set("handler.a.connection=default").load();
    sources.set("connections=Wrong", "handler.a.connection=b", "connection.c.token=x");
    assertEquals(1, sources.problems().size(), "nobody knows which there are to be");
  }

  @Test
  void whatIsWrongInManyIsOneLine() {
    StringBuilder names = new StringBuilder("c0");
    for (int i = 1; i < 12; i++) {
      names.append(",c").append(i);
    }
    sources.file("events = a.b\nbackfill.app = shop\nconnections = " + names);
    assertEquals(
        List.of(
            "2: backfill.app needs backfill.password beside it. Write both, or neither."
                + " Connections: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2 others.",
            " token is missing, and so is oauth.client-id. Write token for a ready token, or"
                + " oauth.client-id for tokens that are renewed. Connections: c0, c1, c2, c3, c4,"
                + " c5, c6, c7, c8, c9 and 2 others."),
        told());
  }

  @Test
  void fiveHundredConnectionsLoadInAMoment() {
    StringBuilder file = new StringBuilder("events = a.b\noauth.client-id = id\nconnections = c0");
    for (int i = 1; i < 500; i++) {
      file.append(",c").append(i);
    }
    for (int i = 0; i < 500; i++) {
      file.append("\nconnection.c%1$d.oauth.refresh-token = chain-of-%1$d".formatted(i));
      file.append(
          "\nconnection.c%1$d.events = a.b,c.d\nconnection.c%1$d.standby = true".formatted(i));
      sources.variable("LOOM_AGENT_CONNECTION_C" + i + "_BACKFILL_MARGIN", "1m");
    }
    sources.file(file.toString());
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () ->
            assertEquals(
                Duration.ofMinutes(1), sources.load().connections().get(499).backfillMargin()));
    sources.set("connections=" + "a,".repeat(500) + "a");
    assertEquals(1, sources.problems().size());
  }

  private static List<String> addresses(ConnectionSettings connection) {
    return List.of(
        connection.url().toString(), connection.loomApi().toString(), connection.hub().toString());
  }

  private List<String> told() {
    return sources.problems().stream().map(this::line).toList();
  }

  private String line(String problem) {
    return problem.replaceFirst("^agent.properties:", "");
  }
}
