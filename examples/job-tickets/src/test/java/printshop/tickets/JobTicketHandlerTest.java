package printshop.tickets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import loomagent.Event;
import loomagent.HandlerContext;
import loomagent.Undeliverable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobTicketHandlerTest {
  private static final String ID = "bd6b9b7f-5ea2-4015-a07a-5f0c1a2b3c4d";

  @TempDir Path folder;

  /** What the agent gives a handler is an interface: a record does. */
  private record Context(Path folder, Map<String, String> settings) implements HandlerContext {
    @Override
    public String name() {
      return "tickets";
    }

    @Override
    public Path directory() throws IOException {
      return Files.createDirectories(folder.resolve("own"));
    }

    @Override
    public Path resolve(String path) {
      return folder.resolve(path);
    }

    @Override
    public System.Logger logger() {
      return System.getLogger("test");
    }
  }

  private JobTicketHandler open(Map<String, String> settings) throws IOException {
    JobTicketHandler handler = new JobTicketHandler();
    handler.open(new Context(folder, settings));
    return handler;
  }

  /** An event as the handler "log" writes one with format = json. */
  private static Event event(String id, String payload) {
    return Event.parse(
        """
        {"id":"%s","name":"mission_control.job_added","timestamp":"2026-03-01T10:00:00Z",\
        "payload":%s,"link":"https://mc.example/jobs/7?a=1&b=2"}\
        """
            .formatted(id, payload));
  }

  @Test
  void aJobBecomesATicket() throws IOException {
    open(Map.of("folder", ".", "customer", "Müller & Söhne"))
        .handle(event(ID, "{\"job_id\":\"J-7<\"}"));
    assertEquals(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><JobTicket JobID=\"J-7&lt;\""
            + " Event=\"mission_control.job_added\" At=\"2026-03-01T10:00:00Z\""
            + " Customer=\"Müller &amp; Söhne\">"
            + "<Details>https://mc.example/jobs/7?a=1&amp;b=2</Details></JobTicket>",
        Files.readString(folder.resolve(ID + ".xml")));
  }

  @Test
  void theSameEventAgainIsTheSameTicket() throws IOException {
    JobTicketHandler handler = open(Map.of("folder", "."));
    Event event = event(ID, "{\"job_id\":\"J-7\"}");
    handler.handle(event);
    handler.handle(event.at(2, false)); // as it comes after a failure: attempt 2
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count(), "and nothing unfinished");
    }
  }

  @Test
  void whatIsNoJobIsPutAside() throws IOException {
    JobTicketHandler handler = open(Map.of("folder", "."));
    assertThrows(Undeliverable.class, () -> handler.handle(event(ID, "{}")));
    Event outside = event("../../etc/passwd", "{\"job_id\":\"J-7\"}");
    assertThrows(Undeliverable.class, () -> handler.handle(outside));
  }

  @Test
  void aSettingThatIsMissingIsNamed() {
    Exception wrong = assertThrows(IllegalArgumentException.class, () -> open(Map.of()));
    assertTrue(wrong.getMessage().startsWith("folder is not set"));
  }

  @Test
  void aHotFolderThatIsNotThereYetIsWaitedFor() {
    assertThrows(NoSuchFileException.class, () -> open(Map.of("folder", "not-mounted")));
  }
}
