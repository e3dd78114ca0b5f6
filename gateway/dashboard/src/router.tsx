import { createBrowserRouter, Navigate } from "react-router";
import { SignInPage } from "./account/SignInPage";
import { NotFoundPage, PageFailed } from "./shell/FailedPages";
import { Layout } from "./shell/Layout";

/** The routes. The code of each page is loaded when the page is first opened. */
export const router = createBrowserRouter([
  { path: "/sign-in", element: <SignInPage />, errorElement: <PageFailed /> },
  {
    path: "/forgot-password",
    errorElement: <PageFailed />,
    hydrateFallbackElement: <></>,
    lazy: async () => ({ Component: (await import("./account/ForgotPasswordPage")).ForgotPasswordPage }),
  },
  {
    path: "/reset-password",
    errorElement: <PageFailed />,
    hydrateFallbackElement: <></>,
    lazy: async () => ({ Component: (await import("./account/ResetPasswordPage")).ResetPasswordPage }),
  },
  {
    path: "/signed-in",
    errorElement: <PageFailed />,
    hydrateFallbackElement: <></>,
    lazy: async () => ({ Component: (await import("./account/SignedInPage")).SignedInPage }),
  },
  {
    path: "/invitation",
    errorElement: <PageFailed />,
    hydrateFallbackElement: <></>,
    lazy: async () => ({ Component: (await import("./account/InvitationPage")).InvitationPage }),
  },
  {
    path: "/",
    element: <Layout />,
    errorElement: <PageFailed />,
    hydrateFallbackElement: <></>,
    children: [
      {
        // Inside the frame, so that a page that fails leaves the navigation in place.
        errorElement: <PageFailed />,
        children: [
          { index: true, element: <Navigate to="/journeys" replace /> },
          {
            path: "journeys",
            lazy: async () => ({ Component: (await import("./journeys/JourneysPage")).JourneysPage }),
          },
          {
            path: "journeys/:journeyId",
            lazy: async () => ({ Component: (await import("./journeys/JourneyFrame")).JourneyFrame }),
            children: [
              { index: true, element: <Navigate to="build" replace /> },
              { path: "build", lazy: async () => ({ Component: (await import("./builder/BuilderPage")).BuilderPage }) },
              {
                path: "versions",
                lazy: async () => ({ Component: (await import("./journeys/VersionsPage")).VersionsPage }),
              },
              {
                path: "versions/:version",
                lazy: async () => ({ Component: (await import("./builder/VersionPage")).VersionPage }),
              },
              {
                path: "enrollment",
                lazy: async () => ({ Component: (await import("./journeys/EnrollmentRulesPage")).EnrollmentRulesPage }),
              },
              {
                path: "simulate/:simulationId?",
                lazy: async () => ({ Component: (await import("./simulation/SimulationPage")).SimulationPage }),
              },
              { path: "people", lazy: async () => ({ Component: (await import("./people/PeoplePage")).PeoplePage }) },
              {
                path: "people/:enrollmentId",
                lazy: async () => ({ Component: (await import("./people/PersonPage")).PersonPage }),
              },
              {
                path: "analytics",
                lazy: async () => ({ Component: (await import("./analytics/AnalyticsPage")).AnalyticsPage }),
              },
            ],
          },
          {
            path: "audiences",
            lazy: async () => ({ Component: (await import("./audiences/AudiencesPage")).AudiencesPage }),
          },
          {
            path: "audiences/:audienceId",
            lazy: async () => ({ Component: (await import("./audiences/AudiencePage")).AudiencePage }),
          },
          { path: "users", lazy: async () => ({ Component: (await import("./users/UsersPage")).UsersPage }) },
          { path: "users/:userId", lazy: async () => ({ Component: (await import("./users/UserPage")).UserPage }) },
          { path: "lists", lazy: async () => ({ Component: (await import("./lists/ListsPage")).ListsPage }) },
          { path: "lists/:listId", lazy: async () => ({ Component: (await import("./lists/ListPage")).ListPage }) },
          { path: "jobs", lazy: async () => ({ Component: (await import("./jobs/JobsPage")).JobsPage }) },
          {
            path: "settings/:tab?",
            lazy: async () => ({ Component: (await import("./settings/SettingsPage")).SettingsPage }),
          },
          { path: "account", lazy: async () => ({ Component: (await import("./account/AccountPage")).AccountPage }) },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
