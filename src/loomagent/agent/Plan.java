package loomagent.agent;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import loomagent.base.Nearest;
import loomagent.base.Words;
import loomagent.config.Configuration;
import loomagent.config.HandlerSettings;
import loomagent.plugin.HandlerType;
import loomagent.plugin.Handlers;

/**
 * Which handlers run: the configured ones, and one for each type that a dropped-in jar brings. With
 * neither, events are logged.
 *
 * @param handlers those that can run, and those that are switched off
 * @param problems what the configuration asks for and nobody has
 * @param notes what an operator may wonder about
 */
public record Plan(List<Planned> handlers, List<String> problems, List<String> notes) {

  /**
   * One handler.
   *
   * @param settings what the configuration says of it
   * @param type the kind
   * @param folder what relative paths among its settings are relative to
   */
  public record Planned(HandlerSettings settings, HandlerType type, Path folder) {}

  /**
   * Brings configuration and jars together.
   *
   * @param configuration what is wanted
   * @param found what there is
   * @return the plan
   */
  public static Plan of(Configuration configuration, Handlers found) {
    Plan plan = new Plan(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    Set<String> taken = new HashSet<>();
    for (HandlerSettings settings : configuration.handlers()) {
      taken.add(settings.type());
      taken.add(settings.name());
      plan.add(settings, found, configuration);
    }
    for (HandlerType type : found.types()) {
      if (!type.builtIn() && taken.add(type.type())) {
        plan.add(HandlerSettings.byDefault(type.type()), type, configuration);
        plan.notes.add(
            "handler "
                + type.type()
                + " of "
                + type.source()
                + " runs with the defaults; no handler."
                + type.type()
                + ".* says otherwise");
      }
    }
    if (plan.handlers.isEmpty() && plan.problems.isEmpty() && configuration.handlers().isEmpty()) {
      plan.add(HandlerSettings.byDefault("log"), found, configuration);
      plan.notes.add(
          "no handler is configured and no jar brings one: events are logged to standard output");
    }
    return plan;
  }

  /**
   * Those that run.
   *
   * @return without the ones that are switched off
   */
  public List<Planned> enabled() {
    return handlers.stream().filter(planned -> planned.settings().enabled()).toList();
  }

  private void add(HandlerSettings settings, HandlerType type, Configuration configuration) {
    handlers.add(new Planned(settings, type, configuration.folder()));
  }

  private void add(HandlerSettings settings, Handlers found, Configuration configuration) {
    Optional<HandlerType> type =
        found.types().stream().filter(each -> each.type().equals(settings.type())).findFirst();
    if (type.isPresent()) {
      add(settings, type.get(), configuration);
      return;
    }
    String fact =
        settings.origin()
            + ": handler "
            + settings.name()
            + " is of the type "
            + Words.line(settings.type(), 80)
            + ", which nothing provides. ";
    if (!settings.enabled()) {
      notes.add(fact + "It is switched off, so that does no harm");
    } else if (found.faults().isEmpty()) {
      problems.add(fact + advice(settings, found));
    } else {
      notes.add(fact + "It may be the one that could not be loaded; the other handlers run");
    }
  }

  private static String advice(HandlerSettings settings, Handlers found) {
    List<String> types = found.types().stream().map(HandlerType::type).toList();
    return Nearest.to(settings.type(), types)
        .map(near -> "Did you mean \"" + near + "\"?")
        .orElseGet(
            () ->
                "Set handler."
                    + settings.name()
                    + ".type to one that the command \"handlers\" lists, or drop its jar into"
                    + " handlers.dir");
  }
}
