package printshop.tickets;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.Undeliverable;

/**
 * Writes a job ticket, a small XML file, into the hot folder of a prepress system for each job that
 * was added or updated. Its type is {@code job-ticket}.
 */
public final class JobTicketHandler implements EventHandler {
  // The id becomes a file name, and it comes from outside: nothing but a UUID may.
  private static final Pattern UUID = Pattern.compile("[0-9a-fA-F-]{36}");

  private final XMLOutputFactory xml = XMLOutputFactory.newFactory();
  private HandlerContext context;
  private Path folder;
  private String customer;

  @Override
  public void open(HandlerContext given) throws IOException {
    // A setting that is wrong: an IllegalArgumentException that says what would be right. The agent
    // refuses to start, and "check" says so before.
    String path = given.settings().get("folder");
    if (path == null || path.isBlank()) {
      throw new IllegalArgumentException("folder is not set: the hot folder that tickets go to");
    }
    context = given;
    customer = given.settings().getOrDefault("customer", "");
    folder = given.resolve(path); // relative to the configuration
    // What may heal by itself, such as a share that is not mounted yet: any other exception. The
    // handler is opened again, and its events wait.
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "the hot folder is not there");
    }
  }

  @Override
  public void handle(Event event) throws IOException {
    // What can never be taken is put aside with the reason; it holds up nothing.
    if (!UUID.matcher(event.id()).matches()) {
      throw new Undeliverable("the event's id is no UUID");
    }
    if (!(event.payload().get("job_id") instanceof String job)) {
      throw new Undeliverable("the event has no job_id");
    }
    // The hot folder never sees half a ticket. The same event may come again, after a crash or a
    // retry: it has the same id, so it writes the same file.
    Path unfinished = folder.resolve("." + event.id() + ".tmp");
    Path ticket = folder.resolve(event.id() + ".xml");
    try (OutputStream out = Files.newOutputStream(unfinished)) {
      write(event, job, out);
    }
    Files.move(unfinished, ticket, ATOMIC_MOVE, REPLACE_EXISTING);
    context.logger().log(Level.DEBUG, "ticket {0} for job {1}", ticket.getFileName(), job);
  }

  private void write(Event event, String job, OutputStream out) throws IOException {
    try {
      XMLStreamWriter ticket = xml.createXMLStreamWriter(out, "UTF-8");
      ticket.writeStartDocument("UTF-8", "1.0");
      ticket.writeStartElement("JobTicket");
      ticket.writeAttribute("JobID", job);
      ticket.writeAttribute("Event", event.name());
      ticket.writeAttribute("At", event.timestamp().map(Instant::toString).orElse(""));
      if (!customer.isEmpty()) {
        ticket.writeAttribute("Customer", customer);
      }
      Optional<String> link = event.link();
      if (link.isPresent()) {
        ticket.writeStartElement("Details");
        ticket.writeCharacters(link.get());
        ticket.writeEndElement();
      }
      ticket.writeEndElement();
      ticket.writeEndDocument();
      ticket.close();
    } catch (XMLStreamException failure) {
      throw new IOException("the ticket of job " + job + " could not be written", failure);
    }
  }
}
