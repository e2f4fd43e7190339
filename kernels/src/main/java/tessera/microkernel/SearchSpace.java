package tessera.microkernel;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Draws and varies the legal micro-kernels of some families. */
public sealed class SearchSpace permits ListedSpace {
  private static final int MOST_DRAWS = 10_000;

  private final List<KernelFamily> families;
  private final List<String> featureNames;

  /** Where the features of each family lie among those of all. */
  private final List<int[]> featurePlaces;

  public SearchSpace(List<? extends KernelFamily> families) {
    this.families = List.copyOf(families);
    this.featureNames =
        Stream.concat(
                Stream.of("family"),
                families.stream().flatMap(family -> family.featureNames().stream()))
            .distinct()
            .toList();
    this.featurePlaces =
        families.stream()
            .map(family -> family.featureNames().stream().mapToInt(featureNames::indexOf).toArray())
            .toList();
  }

  /**
   * The part of this space that consists of some micro-kernels alone.
   *
   * @param kernels that this space {@link #covers}, at least one
   */
  public SearchSpace among(Collection<MicroKernel> kernels) {
    return new ListedSpace(families, kernels);
  }

  /** The features of all families; those of one name mean the same in each. */
  public List<String> featureNames() {
    return featureNames;
  }

  /**
   * A micro-kernel's features in the order of {@link #featureNames}: its family's number first, 0
   * where its family has no such feature.
   */
  public double[] features(MicroKernel kernel) {
    return features(kernel, family(kernel));
  }

  /**
   * As {@link #features(MicroKernel)}, as the family of another space sees the micro-kernel.
   *
   * @param measured the family of the same name for another workload or target
   */
  public double[] features(MicroKernel kernel, KernelFamily measured) {
    int number = families.indexOf(family(kernel));
    int[] places = featurePlaces.get(number);
    double[] own = measured.features(kernel);
    double[] all = new double[featureNames.size()];
    all[0] = number;
    for (int i = 0; i < own.length; i++) {
      all[places[i]] = own[i];
    }
    return all;
  }

  /** The most that any family's {@link KernelFamily#alignment} is. */
  public int alignment() {
    return families.stream().mapToInt(KernelFamily::alignment).max().orElse(1);
  }

  public KernelFamily family(MicroKernel kernel) {
    return families.stream()
        .filter(family -> family.name().equals(kernel.family()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException("no family '" + kernel.family() + "' in this space"));
  }

  /** Whether a micro-kernel has a family of this space, and just its parameters. */
  public boolean covers(MicroKernel kernel) {
    return families.stream()
        .filter(family -> family.name().equals(kernel.family()))
        .anyMatch(family -> family.covers(kernel));
  }

  /**
   * The legal micro-kernel that is most like one of another space: itself, or with one or two
   * parameters as near as they can be.
   *
   * @return empty where this space has none, as where the hardware lacks the whole family
   */
  public Optional<MicroKernel> nearest(MicroKernel kernel) {
    if (!covers(kernel)) {
      return Optional.empty();
    }
    KernelFamily family = family(kernel);
    if (family.isLegal(kernel)) {
      return Optional.of(kernel);
    }
    List<Change> changes = changes(kernel, family);
    return changes.stream()
        .map(change -> change.of(kernel))
        .filter(family::isLegal)
        .findFirst()
        .or(() -> nearestByTwo(kernel, family, changes));
  }

  /** Another choice of a parameter, so many steps from that which a micro-kernel has. */
  private record Change(String parameter, int choice, int steps) {
    MicroKernel of(MicroKernel kernel) {
      return kernel.with(parameter, choice);
    }
  }

  /** Those with the fewest steps first. */
  private static List<Change> changes(MicroKernel kernel, KernelFamily family) {
    return family.parameters().stream()
        .flatMap(
            parameter ->
                parameter.choices().stream()
                    .map(
                        choice ->
                            new Change(parameter.name(), choice, steps(parameter, kernel, choice))))
        .filter(change -> change.steps() > 0)
        .sorted(Comparator.comparingInt(Change::steps))
        .toList();
  }

  private static Optional<MicroKernel> nearestByTwo(
      MicroKernel kernel, KernelFamily family, List<Change> changes) {
    record Pair(Change first, Change second) {
      int steps() {
        return first.steps() + second.steps();
      }
    }
    return changes.stream()
        .flatMap(first -> changes.stream().map(second -> new Pair(first, second)))
        .filter(pair -> pair.first().parameter().compareTo(pair.second().parameter()) < 0)
        .sorted(Comparator.comparingInt(Pair::steps))
        .map(pair -> pair.second().of(pair.first().of(kernel)))
        .filter(family::isLegal)
        .findFirst();
  }

  private static int steps(Parameter parameter, MicroKernel kernel, int choice) {
    List<Integer> choices = parameter.choices();
    return Math.abs(choices.indexOf(choice) - choices.indexOf(kernel.get(parameter.name())));
  }

  /** What micro-kernels that are much alike have in common: form and tile. */
  public String kind(MicroKernel kernel) {
    Tiling tiling = family(kernel).tiling(kernel);
    return String.format(Locale.ROOT, "%s %dx%d", form(kernel), tiling.tileM(), tiling.tileN());
  }

  /** What micro-kernels that work alike have in common: the family and the tile's kind. */
  public String form(MicroKernel kernel) {
    return kernel.family() + " " + family(kernel).tiling(kernel).kind();
  }

  /** A legal micro-kernel of any family, all parameters drawn together. */
  public MicroKernel sample(SplittableRandom random) {
    KernelFamily family = families.get(random.nextInt(families.size()));
    for (int draw = 0; draw < MOST_DRAWS; draw++) {
      Map<String, Integer> values = new TreeMap<>();
      family
          .parameters()
          .forEach(parameter -> values.put(parameter.name(), draw(parameter, random)));
      MicroKernel kernel = new MicroKernel(family.name(), values);
      if (family.isLegal(kernel)) {
        return kernel;
      }
    }
    throw new IllegalStateException(
        "no legal micro-kernel of " + family.name() + " among " + MOST_DRAWS + " draws");
  }

  /**
   * One or two parameters changed, most often to a neighbouring choice; the kernel itself when
   * nothing legal was found.
   */
  public MicroKernel mutate(MicroKernel kernel, SplittableRandom random) {
    KernelFamily family = family(kernel);
    for (int draw = 0; draw < 100; draw++) {
      MicroKernel changed = kernel;
      for (int change = random.nextInt(2); change >= 0; change--) {
        Parameter parameter = family.parameters().get(random.nextInt(family.parameters().size()));
        changed =
            changed.with(parameter.name(), step(parameter, changed.get(parameter.name()), random));
      }
      if (!changed.equals(kernel) && family.isLegal(changed)) {
        return changed;
      }
    }
    return kernel;
  }

  /**
   * Each parameter from one of two parents of a family; the first parent when nothing legal was
   * found.
   */
  public MicroKernel cross(MicroKernel first, MicroKernel second, SplittableRandom random) {
    if (!first.family().equals(second.family())) {
      return first;
    }
    for (int draw = 0; draw < 20; draw++) {
      Map<String, Integer> values = new TreeMap<>();
      first
          .parameters()
          .forEach(
              (name, value) -> values.put(name, random.nextBoolean() ? value : second.get(name)));
      MicroKernel child = new MicroKernel(first.family(), values);
      if (family(first).isLegal(child)) {
        return child;
      }
    }
    return first;
  }

  private static int draw(Parameter parameter, SplittableRandom random) {
    return parameter.choices().get(random.nextInt(parameter.choices().size()));
  }

  private static int step(Parameter parameter, int value, SplittableRandom random) {
    int at = parameter.choices().indexOf(value);
    if (at < 0 || random.nextInt(3) == 0) {
      return draw(parameter, random);
    }
    int next = at + (random.nextBoolean() ? 1 : -1);
    return parameter.choices().get(Math.max(0, Math.min(parameter.choices().size() - 1, next)));
  }
}
