#include "common/util/name_lookup.h"

#ifdef DW_STATIC
#include <nss.h>
#endif

namespace dw {

void look_names_up_without_modules() {
#ifdef DW_STATIC
  __nss_configure_lookup("hosts", "files dns");
  __nss_configure_lookup("passwd", "files");
  __nss_configure_lookup("services", "files");
#endif
}

}  // namespace dw
