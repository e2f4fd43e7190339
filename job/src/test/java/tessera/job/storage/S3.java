package tessera.job.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import tessera.storage.DiskFiles;
import tessera.storage.Place;

/**
 * An S3 server (s3proxy) in a process of its own, which keeps one bucket in memory, from the first
 * test that asks for it on. Hadoop's client finds it by properties as a user of Spark gives them.
 */
public final class S3 implements BeforeAllCallback {
  /** Where the build puts it, in the thorough profile. */
  private static final Path SERVER = Path.of("target/s3proxy/s3proxy.jar");

  public static final String BUCKET = "tessera";

  private record Running(Process process, Path folder, Map<String, String> settings)
      implements AutoCloseable {
    @Override
    public void close() throws IOException {
      settings.keySet().forEach(System::clearProperty);
      process.destroyForcibly().onExit().join();
      DiskFiles.delete(folder);
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    Assumptions.assumeTrue(
        Files.isRegularFile(SERVER), SERVER + " is missing, which the profile thorough brings");
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(S3.class))
        .getOrComputeIfAbsent(Running.class, type -> start(), Running.class);
  }

  private static Running start() {
    try {
      String address = "http://127.0.0.1:" + freePort();
      Path folder = Files.createTempDirectory("tessera-s3");
      Path properties =
          Files.writeString(
              folder.resolve("s3proxy.properties"),
              String.join(
                  "\n",
                  "s3proxy.endpoint=" + address,
                  "s3proxy.authorization=none",
                  "jclouds.provider=transient",
                  "jclouds.identity=identity",
                  "jclouds.credential=credential"));
      Process process =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElse("java"),
                  "-Xmx512m",
                  "-jar",
                  SERVER.toString(),
                  "--properties",
                  properties.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("log").toFile())
              .start();
      await(URI.create(address), process);
      Map<String, String> settings =
          Map.of(
              "spark.hadoop.fs.s3a.endpoint", address,
              "spark.hadoop.fs.s3a.endpoint.region", "us-east-1",
              "spark.hadoop.fs.s3a.path.style.access", "true",
              // this server knows no deletion of many at once
              "spark.hadoop.fs.s3a.multiobjectdelete.enable", "false",
              "spark.hadoop.fs.s3a.access.key", "identity",
              "spark.hadoop.fs.s3a.secret.key", "credential");
      settings.forEach(System::setProperty);
      createBucket(address);
      return new Running(process, folder, settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void await(URI address, Process process) throws IOException {
    while (process.isAlive()) {
      try (Socket socket = new Socket(address.getHost(), address.getPort())) {
        return;
      } catch (IOException e) {
        pause();
      }
    }
    throw new IOException("the S3 server ended with " + process.exitValue());
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void createBucket(String address) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + "/" + BUCKET))
            .timeout(Duration.ofSeconds(60))
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    try {
      int status =
          HttpClient.newHttpClient()
              .send(request, HttpResponse.BodyHandlers.discarding())
              .statusCode();
      if (status != 200) {
        throw new IOException("the bucket was refused with " + status);
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** A new folder. */
  public static Place folder() throws IOException {
    Place folder = Place.of("s3a://" + BUCKET + "/test/" + UUID.randomUUID());
    folder.createFolder();
    return folder;
  }
}
