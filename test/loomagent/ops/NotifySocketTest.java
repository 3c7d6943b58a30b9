package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What arrives at a real datagram socket, which Ruby holds: Java has none. */
final class NotifySocketTest {
  private static final String SYSTEMD =
      """
      require "socket"
      listens = Socket.new(:UNIX, :DGRAM)
      listens.bind(Addrinfo.unix(ARGV[0].sub(/\\A@/, "\\0")))
      $stdout.sync = true
      puts "listening"
      loop { puts listens.recv(65536).force_encoding("UTF-8").inspect }
      """;

  @TempDir Path folder;
  private Process systemd;
  private BufferedReader heard;

  private String listen(String address) throws IOException {
    systemd =
        new ProcessBuilder("ruby", "-Ku", "-E", "UTF-8", "-e", SYSTEMD, address)
            .redirectErrorStream(true)
            .start();
    heard = systemd.inputReader(UTF_8);
    assertEquals("listening", heard.readLine());
    return address;
  }

  @AfterEach
  void stop() {
    if (systemd != null) {
      systemd.destroyForcibly();
    }
  }

  /** All that came is of these lines; the program also asks whether they were read. */
  private void hears(String quoted) throws IOException {
    String line = heard.readLine();
    while (line.equals("\"BARRIER=1\"")) {
      line = heard.readLine();
    }
    assertEquals(quoted, line.replace("\\n\"", "\""));
  }

  @Test
  void aNotificationArrivesAtAPath() throws Exception {
    Notifications way = NotifySocket.at(listen(folder.resolve("notify").toString()));
    way.send("READY=1\nSTATUS=live, 2 handlers: \"größer\"");
    hears("\"READY=1\\nSTATUS=live, 2 handlers: \\\"größer\\\"\"");
    way.send("WATCHDOG=1");
    hears("\"WATCHDOG=1\"");
  }

  @Test
  void aNotificationArrivesAtAnAbstractName() throws Exception {
    String address = listen("@loom-agent-" + UUID.randomUUID());
    NotifySocket.at(address).send("READY=1");
    hears("\"READY=1\"");
    new NotifyProgram(address).send("STATUS=by the program");
    hears("\"STATUS=by the program\"");
  }

  @Test
  void nobodyWhoListensIsAFailureInWords() {
    Path nowhere = folder.resolve("nowhere");
    IOException failure =
        assertThrows(IOException.class, () -> NotifySocket.at(nowhere.toString()).send("READY=1"));
    assertTrue(
        failure
            .getMessage()
            .matches("sendto failed with error 2|/.*systemd-notify: .*No such file.*"),
        failure::toString);
    assertThrows(IOException.class, () -> NotifySocket.at("/" + "x".repeat(120)).send("READY=1"));
  }

  @Test
  void aReaderThatReadsNothingHoldsNobodyUp() throws Exception {
    String address = folder.resolve("deaf").toString();
    listen(address);
    new ProcessBuilder("kill", "-STOP", String.valueOf(systemd.pid())).start().waitFor();
    Notifications way = NotifySocket.at(address);
    if (way instanceof NotifyProgram) {
      way =
          new NotifyProgram(
              address, List.of(Path.of("/usr/bin/systemd-notify")), Duration.ofMillis(500));
    }
    Notifications bounded = way;
    assertThrows(
        IOException.class,
        () -> {
          for (int i = 0; i < 10_000; i++) {
            bounded.send("STATUS=" + i);
          }
        });
  }

  @Test
  void aProgramThatHangsIsEndedAndOneThatIsNotThereSaid() throws Exception {
    Path hangs = folder.resolve("systemd-notify");
    Files.writeString(hangs, "#!/bin/sh\nexec sleep 60\n");
    Files.setPosixFilePermissions(hangs, PosixFilePermissions.fromString("rwx------"));
    Thread.currentThread().interrupt(); // as a handler does to every thread that it finds
    IOException late = fails(hangs, "READY=1");
    assertEquals(hangs + " did not end within 200ms", late.getMessage());
    Files.writeString(hangs, "#!/bin/sh\necho no \"$@\", $NOTIFY_SOCKET, $HOME; exit 1\n");
    assertEquals(
        hangs + ": no READY=1 STATUS=a b, /run/x,",
        fails(hangs, "READY=1\nSTATUS=a b").getMessage());
    Files.delete(hangs);
    assertEquals("there is no " + hangs, fails(hangs, "READY=1").getMessage());
  }

  private static IOException fails(Path program, String assignments) {
    NotifyProgram way = new NotifyProgram("/run/x", List.of(program), Duration.ofMillis(200));
    return assertThrows(IOException.class, () -> way.send(assignments));
  }
}
