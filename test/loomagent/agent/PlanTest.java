package loomagent.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.config.Configuration;
import loomagent.config.ConfigurationException;
import loomagent.config.Source;
import loomagent.plugin.Handlers;
import loomagent.plugin.JarMaker;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanTest {
  @TempDir Path temp;
  private Path jars;

  @BeforeEach
  void makeFolder() throws IOException {
    jars = Files.createDirectory(temp.resolve("jars"));
  }

  private Plan plan(String... settings) throws ConfigurationException {
    List<String> sets = new ArrayList<>(List.of("events=a.b", "token=${env:TOKEN}"));
    sets.addAll(List.of(settings));
    Source source =
        new Source(
            Optional.empty(), temp.resolve("absent"), sets, Map.of("TOKEN", "a-token-of-the-test"));
    return Plan.of(Configuration.load(source), Handlers.find(jars));
  }

  private void drop(String name) throws IOException {
    new JarMaker(temp.resolve("scratch"))
        .handler("acme." + name, "")
        .write(jars.resolve(name + ".jar"));
  }

  /** Each planned handler as {@code name=type}, in order. */
  private static List<String> handlers(List<Plan.Planned> planned) {
    return planned.stream().map(each -> each.settings().name() + "=" + each.type().type()).toList();
  }

  @Test
  void withNothingConfiguredAndNoJarEventsAreLogged() throws Exception {
    Plan plan = plan();
    assertEquals(List.of("log=log"), handlers(plan.enabled()));
    assertEquals(List.of(), plan.problems());
    assertEquals(
        List.of(
            "no handler is configured and no jar brings one: events are logged to standard output"),
        plan.notes());
    assertTrue(plan.enabled().get(0).settings().events().matches("any.thing"));
    assertEquals(Map.of(), plan.enabled().get(0).settings().settings());
  }

  @Test
  void aDroppedInJarRunsWithTheDefaults() throws Exception {
    drop("JobTicketHandler");
    drop("MisHandler");
    Plan plan = plan();
    assertEquals(List.of("job-ticket=job-ticket", "mis=mis"), handlers(plan.enabled()));
    assertTrue(plan.enabled().get(0).settings().events().matches("any.thing"));
    assertEquals(List.of(), plan.problems());
    assertEquals(
        "handler job-ticket of JobTicketHandler.jar runs with the defaults; no handler.job-ticket.*"
            + " says otherwise",
        plan.notes().get(0));
    assertEquals(2, plan.notes().size(), "and log does not run");
  }

  @Test
  void aConfiguredHandlerRunsOnceAsConfigured() throws Exception {
    drop("MisHandler");
    Plan plan = plan("handler.mis.events=a.*", "handler.mis.url=x");
    assertEquals(List.of("mis=mis"), handlers(plan.enabled()));
    assertFalse(plan.enabled().get(0).settings().events().matches("b.c"));
    assertEquals("x", plan.enabled().get(0).settings().settings().get("url"));
    assertEquals(List.of(), plan.notes());
  }

  @Test
  void oneTypeRunsUnderManyNamesAndNotOnceMoreByDefault() throws Exception {
    drop("MisHandler");
    Plan plan = plan("handler.east.type=mis", "handler.west.type=mis");
    assertEquals(List.of("east=mis", "west=mis"), handlers(plan.enabled()));
    assertEquals(List.of(), plan.notes());
  }

  @Test
  void aDroppedInJarThatIsSwitchedOffDoesNotRun() throws Exception {
    drop("MisHandler");
    Plan plan = plan("handler.mis.enabled=false");
    assertEquals(List.of(), handlers(plan.enabled()));
    assertEquals(List.of("mis=mis"), handlers(plan.handlers()));
    assertEquals(List.of(), plan.notes(), "nor are events logged instead");
  }

  @Test
  void aBuiltInHandlerRunsOnlyWhenItIsNamed() throws Exception {
    drop("MisHandler");
    assertEquals(List.of("mis=mis"), handlers(plan().enabled()));
    assertEquals(
        List.of("log=log", "mis=mis"), handlers(plan("handler.log.format=json").enabled()));
    assertEquals(List.of("out=log", "mis=mis"), handlers(plan("handler.out.type=log").enabled()));
  }

  @Test
  void anUnknownTypeIsAProblemWithTheNearestOne() throws Exception {
    drop("JobTicketHandler");
    Plan plan = plan("handler.mis.type=job-tickt");
    assertEquals(
        List.of(
            "--set handler.mis.type: handler mis is of the type job-tickt, which nothing provides."
                + " Did you mean \"job-ticket\"?"),
        plan.problems());
  }

  @Test
  void aTypeLikeNoOtherIsAProblemWithWhatToDo() throws Exception {
    Plan plan = plan("handler.mis.type=warehouse");
    assertEquals(
        List.of(
            "--set handler.mis.type: handler mis is of the type warehouse, which nothing provides."
                + " Set handler.mis.type to one that the command \"handlers\" lists, or drop its"
                + " jar into handlers.dir"),
        plan.problems());
    assertEquals(List.of(), handlers(plan.handlers()), "events are not logged instead");
  }

  @Test
  void withABrokenJarTheUnknownTypeIsANoteAndTheOthersRun() throws Exception {
    drop("MisHandler");
    Files.writeString(jars.resolve("broken.jar"), "half");
    Plan plan = plan("handler.erp.url=x", "handler.mis.url=x");
    assertEquals(List.of("mis=mis"), handlers(plan.enabled()));
    assertEquals(List.of(), plan.problems());
    assertEquals(
        List.of(
            "--set handler.erp.url: handler erp is of the type erp, which nothing provides. It may"
                + " be the one that could not be loaded; the other handlers run"),
        plan.notes());
  }

  @Test
  void anUnknownTypeThatIsSwitchedOffStopsNothing() throws Exception {
    Plan plan = plan("handler.erp.enabled=false", "handler.log.format=line");
    assertEquals(List.of("log=log"), handlers(plan.enabled()));
    assertEquals(List.of(), plan.problems());
    assertEquals(
        List.of(
            "--set handler.erp.enabled: handler erp is of the type erp, which nothing provides. It"
                + " is switched off, so that does no harm"),
        plan.notes());
  }

  @Test
  void aTypeFromOutsideFitsOnOneLine() throws Exception {
    String problem = plan("handler.mis.type=a\n" + "b".repeat(200)).problems().get(0);
    assertEquals(1, problem.lines().count(), problem);
    assertTrue(problem.length() < 400, problem);
  }
}
