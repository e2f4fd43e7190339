package tessera.backend;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.DatabindContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.jsontype.impl.TypeIdResolverBase;

/** Names the targets of all back ends in JSON. */
final class TargetTypes extends TypeIdResolverBase {
  @Override
  public String idFromValue(Object value) {
    return ((Target) value).kind();
  }

  @Override
  public String idFromValueAndType(Object value, Class<?> suggested) {
    return idFromValue(value);
  }

  @Override
  public JavaType typeFromId(DatabindContext context, String kind) {
    return context.constructType(Backends.of(kind).targetType());
  }

  @Override
  public JsonTypeInfo.Id getMechanism() {
    return JsonTypeInfo.Id.CUSTOM;
  }
}
