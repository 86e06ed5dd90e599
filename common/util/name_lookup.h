// Looking up host, user and service names in a statically linked program.
#pragma once

namespace dw {

// glibc takes names from the modules that /etc/nsswitch.conf lists, and loads those from the machine's own
// files; built for another glibc they can bring a statically linked program down. This keeps it to what it
// has inside: /etc/hosts and DNS. Nothing is changed in a program that is linked as usual. Call it before any
// look-up.
void look_names_up_without_modules();

}  // namespace dw
