package tessera;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The documents: what they name exists, and the figures are those of their records. */
final class DocumentsTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final int MOST_LINES_OF_README = 150;

  private static final Pattern LINK = Pattern.compile("]\\(([^)]*)\\)");
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern JAVADOC = Pattern.compile("\\{@(?:link|code) ([^}\\s]+)}");
  private static final Pattern TYPE = Pattern.compile("[A-Z][a-z]+[A-Za-z]*(\\.[a-z]\\w*)?");
  private static final Pattern PACKAGE = Pattern.compile("tessera(\\.[a-z]+)+");

  /** The first folders and the endings of what is a path in this repository. */
  private static final Pattern PATH =
      Pattern.compile(
          "(conf|docs|job|kernels|scripts|\\.ci)/[\\w./-]*|[\\w./-]+\\.(md|java|cuh?|c|h|py|yaml|conf)");

  /** Words that stand for many, such as NAME.json and v*, and what a build makes. */
  private static final Pattern PATTERN =
      Pattern.compile("\\*|\\.\\.\\.|[A-Z]{4,}[.]json|_NAME|/target/");

  /** Files that only bundles, runs or a user's own folder have. */
  private static final Set<String> ELSEWHERE =
      Set.of("dispatch.c", "app.c", "workload.yaml", "weights.yaml");

  /** Names of Java's, Spark's and JCuda's classes that documents use. */
  private static final Set<String> FOREIGN =
      Set.of("Changelog", "FloatBuffer", "ProcessBuilder", "Locale.ROOT", "Assumptions");

  static List<Path> documents() throws IOException {
    try (Stream<Path> files = Stream.concat(Files.list(HOME), Files.walk(HOME.resolve("docs")))) {
      return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void links_leadToFilesAndHeadings(Path document) throws IOException {
    List<String> broken = new ArrayList<>();
    for (MatchResult link : matches(LINK, document)) {
      String to = link.group(1);
      if (!to.startsWith("https://") && !exists(document, to)) {
        broken.add(to);
      }
    }
    assertEquals(List.of(), broken);
  }

  private static boolean exists(Path document, String to) throws IOException {
    String[] parts = to.split("#", 2);
    Path file = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]);
    return Files.exists(file) && (parts.length == 1 || headings(file).contains(parts[1]));
  }

  private static Set<String> headings(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(line -> line.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @MethodSource("documents")
  void namesInCode_areThoseOfFilesClassesAndPackages(Path document) throws IOException {
    if (document.endsWith("CHANGELOG.md")) {
      return; // it tells of what was
    }
    Tree tree = Tree.read();
    Set<String> unknown = new TreeSet<>();
    for (MatchResult code : matches(CODE, document)) {
      for (String word : code.group(1).split("[ {}(),;=]+")) {
        if (!tree.knows(word)) {
          unknown.add(word);
        }
      }
    }
    assertEquals(Set.of(), unknown);
  }

  @Test
  void packages_sayWhatLivesThere() throws IOException {
    Tree tree = Tree.read();
    Set<String> wrong = new TreeSet<>();
    for (String folder : tree.mainFolders()) {
      Path file = HOME.resolve(folder).resolve("package-info.java");
      if (!Files.exists(file)) {
        wrong.add(file + " is missing");
        continue;
      }
      for (MatchResult link : matches(JAVADOC, file)) {
        String name = link.group(1);
        boolean isLink = link.group().startsWith("{@link");
        String type = name.replaceFirst("#.*", "").replaceFirst(".*\\.", "");
        if (isLink ? !tree.types.contains(type) : !tree.knows(name)) {
          wrong.add(file + " names " + name);
        }
      }
    }
    assertEquals(Set.of(), wrong);
  }

  /** Names of this repository's files, classes and packages. */
  private record Tree(Set<String> files, Set<String> types, Set<String> packages) {
    static Tree read() throws IOException {
      Set<String> files = new TreeSet<>();
      for (String top : List.of("conf", "docs", "job/src", "kernels/src", "scripts", ".ci")) {
        try (Stream<Path> walked = Files.walk(HOME.resolve(top))) {
          walked.forEach(file -> files.add(HOME.relativize(file).toString()));
        }
      }
      Set<String> sources =
          files.stream().filter(file -> file.endsWith(".java")).collect(Collectors.toSet());
      return new Tree(
          files,
          sources.stream().map(Tree::name).collect(Collectors.toSet()),
          sources.stream()
              .map(file -> file.replaceFirst(".*src/(main|test)/java/", ""))
              .map(file -> file.replaceFirst("/[^/]*$", "").replace('/', '.'))
              .collect(Collectors.toSet()));
    }

    Set<String> mainFolders() {
      return files.stream()
          .filter(file -> file.contains("src/main/java/") && file.endsWith(".java"))
          .map(file -> file.replaceFirst("/[^/]*$", ""))
          .collect(Collectors.toSet());
    }

    private static String name(String file) {
      return file.replaceFirst(".*/", "").replaceFirst("\\.java$", "");
    }

    boolean knows(String word) {
      if (FOREIGN.contains(word) || ELSEWHERE.contains(word) || PATTERN.matcher(word).find()) {
        return true;
      }
      if (PATH.matcher(word).matches()) {
        String path = word.replaceFirst("/$", "");
        return Files.exists(HOME.resolve(path))
            || files.stream().anyMatch(file -> file.endsWith("/" + path));
      }
      if (PACKAGE.matcher(word).matches()) {
        return packages.stream().anyMatch(name -> name.equals(word) || name.startsWith(word + "."))
            || types.contains(word.replaceFirst(".*\\.", ""));
      }
      return !TYPE.matcher(word).matches()
          || !word.matches(".*[a-z][A-Z].*")
          || types.contains(word.replaceFirst("\\..*", ""));
    }
  }

  private static List<MatchResult> matches(Pattern pattern, Path document) throws IOException {
    return pattern.matcher(Files.readString(document)).results().toList();
  }

  @Test
  void readme_isShort() throws IOException {
    int lines = Files.readAllLines(HOME.resolve("README.md")).size();
    assertTrue(lines <= MOST_LINES_OF_README, lines + " lines");
  }

  @Test
  void figures_areRenderedFromTheirRecords() throws Exception {
    Python.Ended ended = Python.run(List.of(HOME.resolve("scripts/figures").toString(), "--check"));
    assertEquals(0, ended.code(), ended.output());
  }
}
