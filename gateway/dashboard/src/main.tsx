import "@fontsource-variable/inter/wght.css";
import "@mantine/core/styles.css";
import "virtual:mantine-variables.css";
import "./app.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { queryClient } from "./api/queryClient";
import { router } from "./router";
import { theme } from "./theme";
import { ConfirmProvider } from "./ui/Confirm";
import { Toasts } from "./ui/Toasts";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={queryClient}>
        <ConfirmProvider>
          <RouterProvider router={router} />
        </ConfirmProvider>
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
