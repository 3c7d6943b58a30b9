package loomagent.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Instant;
import java.util.Optional;
import loomagent.base.Disk;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.base.Token;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenStoreTest {
  @TempDir Path folder;
  private final LogLines log = new LogLines();
  private final Stored content =
      new Stored(
          "https://hub.example",
          Optional.of("abc"),
          Optional.of(new Secret("refresh-\"1\"")),
          Optional.of(
              new Token(
                  new Secret("access-1"),
                  Optional.of(Instant.parse("2026-01-01T10:00:00.5Z")),
                  Optional.empty())),
          Optional.of(new Stored.Begun("def", Instant.parse("2026-01-01T09:00:00Z"))));

  @Test
  void whatIsWrittenIsReadAndForItsOwnerAlone() throws IOException {
    assertEquals(Optional.empty(), store().read());
    store().write(content);
    Stored read = store().read().orElseThrow();
    assertEquals(new String(content.text(), UTF_8), new String(read.text(), UTF_8));
    assertEquals("rw-------", rights(file()));
    assertEquals("rwx------", rights(file().getParent()));
    assertEquals("access-1", store().access().orElseThrow().secret().reveal());
    assertEquals(Optional.empty(), store().exposed());
    assertEquals(0, log.all().size());
  }

  @Test
  void aFileThatOthersMayReadIsSaidOnce() throws IOException {
    store().write(content);
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r-----"));
    TokenStore store = store();
    store.read();
    store.read();
    assertEquals(1, log.all().size());
    assertTrue(log.all().get(0).endsWith("(rw-r-----): chmod 600 " + file()));
    store.write(content);
    assertEquals("rw-------", rights(file()));
  }

  @Test
  void aDamagedFileIsSaidWithoutWhatIsInIt() throws IOException {
    store().write(content);
    for (String text :
        new String[] {
          "",
          "{\"refresh_token\":\"secret-text\"}",
          "{\"hub\":\"h\",\"refresh_token\":\"secret-text\"",
          "[\"secret-text\"]",
          "{\"hub\":\"h\",\"access_token\":\"secret-text\",\"expires_at\":\"soon\"}",
          "\u0000".repeat(300_000)
        }) {
      Files.writeString(file(), text);
      IOException damaged = assertThrows(IOException.class, () -> store().read());
      String words = damaged.getMessage();
      assertTrue(words.contains("is damaged") && words.contains("login --connection main"), words);
      assertFalse(words.contains("secret-text"), words);
    }
    store().setAsideIfDamaged();
    assertEquals(Optional.empty(), store().read());
    assertTrue(Files.exists(file().resolveSibling("main.json.damaged")));
  }

  @Test
  void whatCannotBeReadOrWrittenIsNamedWithItsOwner() throws IOException {
    Files.writeString(folder.resolve("tokens"), "a file");
    IOException failure = assertThrows(IOException.class, () -> store().write(content));
    assertTrue(failure.getMessage().contains("main.json cannot be written"), failure.getMessage());
    Files.delete(folder.resolve("tokens"));
    Files.createDirectories(file());
    assertTrue(
        assertThrows(IOException.class, () -> store().read())
            .getMessage()
            .contains("belong to the agent's user"));
  }

  @Test
  void whatRootWritesBelongsToWhomTheFolderBelongsTo() throws IOException {
    assumeTrue(Files.getOwner(folder).getName().equals("root"));
    UserPrincipal nobody =
        folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
    Files.setOwner(folder, nobody);
    store().write(content);
    assertEquals(nobody, Files.getOwner(file().getParent()));
    assertEquals(nobody, Files.getOwner(file()));
    assertEquals("rw-------", rights(file()));
  }

  @Test
  void anInterruptDoesNotKeepItFromTheDisk() throws IOException {
    Thread.currentThread().interrupt();
    store().write(content);
    assertTrue(Thread.interrupted());
    assertTrue(store().read().isPresent());
  }

  private TokenStore store() {
    return new TokenStore(folder, "main", Disk.REAL, log);
  }

  private Path file() {
    return folder.resolve("tokens/main.json");
  }

  private static String rights(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
