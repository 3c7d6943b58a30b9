package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class EventHandlerTest {
  private static class Base implements EventHandler {
    @Override
    public void handle(Event event) {}

    @Override
    public void open(HandlerContext context) {}

    @Override
    public void close() {}
  }

  private static final class JobTicketHandler extends Base {}

  private static final class HTTPHandler extends Base {}

  private static final class PDFExportHandler extends Base {}

  private static final class ExportPDFHandler extends Base {}

  private static final class Handler extends Base {}

  private static final class HandlerHandler extends Base {}

  private static final class Mis2JobHandler extends Base {}

  private static final class Spooler extends Base {}

  private static final class HandlerOfJobs extends Base {}

  private static final class Outer {
    static final class InnerHandler extends Base {}
  }

  @Test
  void theTypeIsTheClassInKebabCaseWithoutHandler() {
    assertEquals("job-ticket", new JobTicketHandler().type());
    assertEquals("http", new HTTPHandler().type());
    assertEquals("pdf-export", new PDFExportHandler().type());
    assertEquals("export-pdf", new ExportPDFHandler().type());
    assertEquals("mis2-job", new Mis2JobHandler().type());
    assertEquals("spooler", new Spooler().type());
    assertEquals("handler-of-jobs", new HandlerOfJobs().type());
  }

  @Test
  void aClassCalledHandlerKeepsItsName() {
    assertEquals("handler", new Handler().type());
    assertEquals("handler", new HandlerHandler().type());
  }

  @Test
  void aNestedClassIsCalledByItsOwnName() {
    assertEquals("inner", new Outer.InnerHandler().type());
  }

  @Test
  @SuppressWarnings("try") // an EventHandler's close() may be interrupted
  void aHandlerThatSaysNothingOpensAndCloses() throws Exception {
    try (EventHandler handler =
        event -> {
          throw new Undeliverable("never");
        }) {
      handler.open(null);
    }
  }

  @Test
  void retryLaterNeverAsksForTheTimeBefore() {
    assertEquals(Duration.ZERO, new RetryLater(Duration.ofSeconds(-1), "busy").after());
    assertEquals(Duration.ofSeconds(3), new RetryLater(Duration.ofSeconds(3), "busy").after());
    assertEquals("busy", new RetryLater(Duration.ZERO, "busy").getMessage());
  }
}
