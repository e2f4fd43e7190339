package tessera.job.storage;

import org.apache.hadoop.security.UserGroupInformation;
import tessera.compile.Account;

/** Who Hadoop takes this process's user for. */
public final class HadoopUser {
  private HadoopUser() {}

  /** Hadoop asks the system for the user's name and fails where, as in a container, it has none. */
  public static void name() {
    if (!Account.isNamed()) {
      UserGroupInformation.setLoginUser(UserGroupInformation.createRemoteUser(Account.name()));
    }
  }
}
