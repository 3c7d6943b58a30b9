package loomagent.auth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import loomagent.base.Disk;
import loomagent.base.Fuzz;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.base.Token;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the file holds: tokens, or words without them, and a login replaces it. */
@Tag("fuzz")
class TokenStoreFuzzTest {
  private static final Instant TIME = Instant.parse("2026-01-01T10:00:00.5Z");
  private static final Stored CONTENT =
      new Stored(
          "https://hub.example",
          Optional.of("abc"),
          Optional.of(new Secret("renewal-\"1\"")),
          Optional.of(new Token(new Secret("access-1"), Optional.of(TIME), Optional.of(TIME))),
          Optional.of(new Stored.Begun("def", TIME)));

  @TempDir Path folder;

  @Test
  void whateverTheFileHoldsIsReadOrRefusedInWordsAndReplacedByALogin() throws Exception {
    TokenStore store = new TokenStore(folder, "main", Disk.REAL, new LogLines());
    store.write(CONTENT);
    Path file = folder.resolve("tokens/main.json");
    int[] read = new int[2];
    boolean all =
        Fuzz.run(
            300,
            fuzz -> {
              Files.write(file, fuzz.damaged(CONTENT.text()));
              Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
              try {
                Stored found = store.read().orElseThrow();
                store.write(found);
                assertArrayEquals(found.text(), store.read().orElseThrow().text());
                read[0]++;
              } catch (IOException damaged) {
                String words = damaged.getMessage();
                assertTrue(words.contains("is damaged") && words.contains("login"), words);
                assertFalse(words.contains("access-1") || words.contains("renewal-"), words);
                read[1]++;
              }
              store.setAsideIfDamaged();
              store.write(CONTENT);
              assertArrayEquals(CONTENT.text(), store.read().orElseThrow().text());
            });
    assertTrue(!all || read[0] > 0 && read[1] > 0);
  }

  @Test
  void anAccessTokenSaysOfItselfWhatItLikes() {
    String good = "{\"iat\":1767261600,\"exp\":1767265200.5,\"sub\":\"Organization/x\"}";
    Fuzz.run(
        5_000,
        fuzz -> {
          String text = Scene.jwt(fuzz.damaged(good));
          Claims claims = Claims.of(new Secret(fuzz.once(3) ? fuzz.damaged(text) : text));
          for (Optional<Instant> time : List.of(claims.issuedAt(), claims.expiresAt())) {
            assertTrue(time.isEmpty() || time.get().getEpochSecond() < 253_402_300_800L);
          }
        });
  }
}
