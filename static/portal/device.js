/* What this device says of itself when somebody signs in: only what tells a real one from a program.
   Nothing that would follow anybody elsewhere. Without it signing in works too. */
"use strict";

const report = document.getElementById("id_device_report");
if (report) {
  const gl = document.createElement("canvas").getContext("webgl");
  const named = gl && gl.getExtension("WEBGL_debug_renderer_info");
  report.value = JSON.stringify({
    platform: navigator.platform || "",
    renderer: gl ? String(gl.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : gl.RENDERER)) : "",
    automated: navigator.webdriver === true,
  });
}
