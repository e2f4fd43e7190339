package tessera.backend.cuda.compile;

import tessera.compile.Template;
import tessera.operator.Epilogue;

/** The CUDA and C sources of the back end, in folders by what they serve. */
public final class CudaTemplates {
  private static final String ROOT = "/tessera/backend/cuda/";

  private CudaTemplates() {}

  /**
   * The text of a source with its includes in their places.
   *
   * @param path below the back end's resources: {@code simt/simt.cu}
   */
  public static String expanded(String path) {
    return Template.expanded(CudaTemplates.class, ROOT + path);
  }

  /** The text of {@code verify.cu} with the references of epilogues. */
  public static String verification() {
    return Template.defines(Epilogue.reference()) + expanded("verify/verify.cu");
  }
}
