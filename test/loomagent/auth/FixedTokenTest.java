package loomagent.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import loomagent.auth.TokenException.Kind;
import loomagent.base.HandClock;
import loomagent.base.Secret;
import loomagent.base.Token;
import org.junit.jupiter.api.Test;

class FixedTokenTest {
  private final HandClock clock = new HandClock(Instant.now());
  private String setting = "opaque-1";
  private final FixedToken token = new FixedToken(() -> new Secret(setting), clock);

  @Test
  void theSettingIsLookedUpAtEachUseAndAgainAfterAMinute() throws Exception {
    assertEquals("opaque-1", token.token(false).secret().reveal());
    setting = "opaque-2";
    Token next = token.token(true);
    assertEquals("opaque-2", next.secret().reveal());
    assertEquals(Optional.of(clock.instant().plusSeconds(60)), next.renewAt());
    assertEquals(Optional.empty(), token.expiresAt());
  }

  @Test
  void theNextOneIsLookedForBeforeAJwtEndsAndUntilItIsThere() throws Exception {
    Instant end = Instant.ofEpochSecond(clock.instant().getEpochSecond() + 3_600);
    setting = Scene.jwt("{\"exp\":" + end.getEpochSecond() + ",\"sub\":7}");
    assertEquals(Optional.of(end.minusSeconds(300)), token.token(false).renewAt());
    assertEquals(Optional.of(end), token.expiresAt());
    clock.forward(Duration.between(clock.instant(), end.minusSeconds(100)));
    assertEquals(Optional.of(end.minusSeconds(80)), token.token(false).renewAt());
    clock.forward(Duration.ofSeconds(99));
    assertEquals(Optional.of(end), token.token(false).renewAt());
    clock.forward(Duration.ofDays(1));
    assertEquals(Optional.of(clock.instant().plusSeconds(60)), token.token(false).renewAt());
  }

  @Test
  void whatIsNoJwtOrALyingOneHasNoEnd() throws Exception {
    for (String odd :
        new String[] {
          "a.b.c",
          "..",
          "a.b",
          Scene.jwt("[]"),
          Scene.jwt("{\"exp\":\"1\"}"),
          Scene.jwt("{\"exp\":1e99}"),
          Scene.jwt("{\"exp\":-1}"),
          Scene.jwt("{\"exp\":1}"),
          Scene.jwt("{\"exp\":99999999999999}"),
          Scene.jwt("{\"exp\":1900000000,\"x\":\"" + "y".repeat(70_000) + "\"}")
        }) {
      setting = odd;
      assertEquals(Optional.empty(), token.token(false).expiresAt(), odd);
    }
  }

  @Test
  void aSettingThatCannotBeReadIsSaid() {
    FixedToken unreadable =
        new FixedToken(
            () -> {
              throw new IOException("agent.properties:2: token needs ${file:t}, but it is gone");
            },
            clock);
    HubTest.assertFailure(Kind.SETTING, "agent.properties:2", () -> unreadable.token(false));
  }
}
