package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The built jar with a {@code data.dir} that is full, on another disk, or not its own. What needs a
 * mount or another user is skipped where the tests may have neither.
 */
class FolderFaultsTest {
  private static final String NOBODY = "65534";
  private static final int DISK = 74;

  @TempDir Path folder;
  private Pasture pasture;
  private Path mounted;

  @BeforeEach
  void open() throws IOException {
    pasture = new Pasture(folder);
    mounted = folder.resolve("disk");
  }

  @AfterEach
  void close() throws Exception {
    pasture.close();
    if (Files.exists(mounted)) {
      run("umount", mounted.toString());
    }
  }

  @Test
  void onAFullDiskItSaysSoWaitsAndGoesOnOnceThereIsRoom() throws Exception {
    mount("4m");
    Path filler = Files.write(mounted.resolve("filler"), new byte[3 << 20]);
    Path data = mounted.resolve("data");
    pasture.configure("data.dir = " + data, "journal.max-size = 100MB");
    AgentProcess agent = pasture.ready();
    int fits = 100;
    pasture.publish(fits, 2_000);
    pasture.awaitAll(agent);
    pasture.publish(1_500, 2_000);
    agent.awaitErr("the disk is full since", Pasture.SOON);
    Map<?, ?> status = pasture.status(data);
    assertEquals("degraded", status.get("state"), agent::err);
    assertTrue(fault(status).startsWith("the disk is full since "), status::toString);
    Pasture.await(() -> pasture.logged().size() == journaled(data), agent);
    assertTrue(pasture.logged().size() < pasture.sent(), "the disk had room for all");
    long said = agent.err().lines().filter(line -> line.contains("goes on by itself")).count();
    assertTrue(said <= 5, () -> "what repeats is said the 1st, 2nd, 4th … time\n" + agent.err());
    Files.delete(filler);
    agent.awaitErr("is written again, after", Pasture.SOON);
    pasture.publish(10, 2_000);
    Pasture.await(() -> fault(pasture.status(data)).isEmpty(), agent);
    pasture.awaitAll(agent);
    Pasture.await(() -> "live".equals(pasture.status(data).get("state")), agent);
    assertFalse(agent.err().contains("\tat "), agent::err);
    Pasture.stop(agent);
    assertEquals(0, pasture.twice());
  }

  @Test
  void itStopsOnAFullDiskAndStartsThereAgain() throws Exception {
    mount("2m");
    Path data = mounted.resolve("data");
    pasture.configure("data.dir = " + data, "journal.max-size = 100MB");
    AgentProcess agent = pasture.ready();
    pasture.publish(1_500, 2_000);
    agent.awaitErr("the disk is full since", Pasture.SOON);
    Pasture.await(() -> pasture.logged().size() == journaled(data), agent);
    Pasture.stop(agent);
    AgentProcess next = pasture.ready();
    run("mount", "-o", "remount,size=20m", mounted.toString());
    pasture.awaitAll(next);
    Pasture.stop(next);
    assertEquals(0, pasture.twice());
  }

  @Test
  void anotherDiskIsAsGoodAsAny() throws Exception {
    mount("20m");
    pasture.configure("data.dir = " + mounted);
    AgentProcess agent = pasture.ready();
    pasture.publish(100, 100);
    pasture.awaitAll(agent);
    Pasture.stop(agent);
  }

  @Test
  void aReadOnlyDiskIsNamed() throws Exception {
    mount("2m");
    run("mount", "-o", "remount,ro", mounted.toString());
    pasture.configure("data.dir = " + mounted);
    refused(pasture.start(), mounted.toString(), "Read-only file system", "set another data.dir");
  }

  @Test
  void aFolderOfAnotherUserIsNamed() throws Exception {
    pasture.configure();
    Files.createDirectory(pasture.data());
    refused(
        startAsNobody(),
        "data.dir " + pasture.data(),
        "may not be written by this user",
        "Check its disk, its owner and rights");
  }

  @Test
  void whatIsInAFolderAndOfAnotherUserIsNamed() throws Exception {
    for (String kind : List.of("journal", "cursors/log", "gaps.ndjson", "dead/log.ndjson")) {
      Path data = Files.createDirectory(folder.resolve("data-" + kind.replace('/', '-')));
      Path file = data.resolve(kind);
      Files.createDirectories(file.getParent());
      if (kind.equals("journal")) {
        Files.createDirectory(file);
      } else {
        Files.writeString(file, "{}\n");
      }
      run("chown", "-R", NOBODY, data.toString());
      run("chown", "0", file.toString());
      run("chmod", "go=", file.toString());
      pasture.configure("data.dir = " + data);
      refused(startAsNobody(), file.toString(), "heck ", "owner");
    }
  }

  @Test
  void aFileInPlaceOfAFolderIsNamed() throws Exception {
    for (String kind : List.of("journal", "cursors", "dead")) {
      Path data = Files.createDirectory(folder.resolve("data-" + kind));
      Files.writeString(data.resolve(kind), "");
      pasture.configure("data.dir = " + data);
      refused(pasture.start(), data.resolve(kind).toString(), "heck ", "owner");
    }
  }

  @Test
  void whileAnotherAgentHoldsTheFolderThatOneGoesOn() throws Exception {
    pasture.configure();
    AgentProcess agent = pasture.ready();
    pasture.publish(10, 100);
    refused(pasture.start(), "data.dir " + pasture.data(), "is held by another agent. Stop it, or");
    pasture.publish(10, 100);
    pasture.awaitAll(agent);
    assertEquals("live", pasture.status(pasture.data()).get("state"), agent::err);
    Pasture.stop(agent);
    assertEquals(0, pasture.twice());
  }

  private void mount(String size) throws Exception {
    Files.createDirectory(mounted);
    boolean works =
        finish("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", mounted.toString()) == 0;
    if (!works) {
      Files.delete(mounted);
    }
    assumeTrue(works, "these tests may not mount");
  }

  private AgentProcess startAsNobody() throws Exception {
    String[] as = {"setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"};
    String jar = AgentProcess.jar().toString();
    List<String> words = new ArrayList<>(List.of(as));
    words.addAll(List.of("test", "-r", jar));
    assumeTrue(finish(words.toArray(String[]::new)) == 0, "these tests have no other user");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    return pasture.start(as);
  }

  /** It ends with the status of a disk fault, and says in words what is wrong and what to do. */
  private static void refused(AgentProcess agent, String... words) {
    assertEquals(DISK, agent.exitWithin(Pasture.SOON), agent::err);
    for (String each : words) {
      assertTrue(agent.err().contains(each), () -> each + "\n" + agent.err());
    }
    assertFalse(agent.err().contains("\tat "), agent::err);
  }

  private long journaled(Path data) {
    return pasture.status(data).get("journal") instanceof Map<?, ?> journal
        ? (Long) journal.get("events")
        : -1;
  }

  private static String fault(Map<?, ?> status) {
    return status.get("journal") instanceof Map<?, ?> journal
        ? (String) journal.get("fault")
        : "no answer";
  }

  private static void run(String... words) throws Exception {
    assertEquals(0, finish(words), () -> String.join(" ", words));
  }

  /** The exit status of a program; not 0 either if there is none of that name. */
  private static int finish(String... words) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(words).inheritIO().start();
      return process.waitFor(Duration.ofSeconds(30).toSeconds(), TimeUnit.SECONDS)
          ? process.exitValue()
          : -1;
    } catch (IOException noSuchProgram) {
      return -1;
    }
  }
}
