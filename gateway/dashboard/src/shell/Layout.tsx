import {
  ActionIcon,
  Menu,
  NavLink,
  Tooltip,
  UnstyledButton,
  useMantineColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import {
  Activity,
  Check,
  ChevronsUpDown,
  ListChecks,
  LogOut,
  Monitor,
  Moon,
  Route,
  Settings,
  Sun,
  Target,
  UserRound,
  Users,
} from "lucide-react";
import { Navigate, Outlet, NavLink as RouterLink, useLocation, useMatch } from "react-router";
import { SignInAgain } from "../account/SignInAgain";
import { SignedInProvider, signOut, useSession, useSignedIn } from "../session/session";
import { Failed, Loading } from "../ui/States";
import { attempt } from "../ui/Toasts";
import { HaltBand } from "./HaltBand";
import classes from "./Layout.module.css";
import { StillSaving } from "./StillSaving";
import { useLeave } from "./useLeave";

const pages = [
  { group: "Content", items: [{ to: "/journeys", label: "Journeys", icon: Route }] },
  {
    group: "People",
    items: [
      { to: "/audiences", label: "Audiences", icon: Target },
      { to: "/users", label: "Users", icon: Users },
      { to: "/lists", label: "User lists", icon: ListChecks },
    ],
  },
  {
    group: "Site",
    items: [
      { to: "/jobs", label: "Jobs", icon: Activity },
      { to: "/settings", label: "Settings", icon: Settings },
    ],
  },
];

/** The frame of every page: navigation on the left, the page beside it. Shows the sign-in when nobody is signed in. */
export function Layout() {
  const session = useSession();
  const location = useLocation();
  if (session.isPending) return <Loading />;
  if (session.error && !session.data) return <Failed error={session.error} retry={() => void session.refetch()} />;
  if (!session.data) return <Navigate to="/sign-in" replace state={{ from: location.pathname + location.search }} />;
  return (
    <SignedInProvider session={session.data}>
      <Frame />
      <SignInAgain />
    </SignedInProvider>
  );
}

function Frame() {
  const { session, site } = useSignedIn();
  const isSmall = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const isCanvas = useMatch("/journeys/:journeyId/*") !== null;
  const isNarrow = isSmall || isCanvas;
  return (
    <div className={classes.frame} data-narrow={isNarrow || undefined}>
      <a href="#page" className={classes.skip}>
        Skip to the page
      </a>
      <HaltBand />
      <nav className={classes.side} aria-label="Main">
        <SiteSwitcher />
        <div className={classes.pages}>
          {pages.map(({ group, items }) => (
            <div key={group} role="group" aria-label={group}>
              <div className={classes.group} aria-hidden>
                {group}
              </div>
              {items.map(({ to, label, icon: Icon }) => (
                <Tooltip key={to} label={label} position="right" disabled={!isNarrow}>
                  <NavLink
                    component={RouterLink}
                    to={to}
                    label={label}
                    leftSection={<Icon size={16} strokeWidth={1.75} aria-hidden />}
                    classNames={{ root: classes.link!, section: classes.icon!, body: classes.label! }}
                  />
                </Tooltip>
              ))}
            </div>
          ))}
        </div>
        <MemberMenu />
      </nav>
      <StillSaving />
      <main id="page" className={classes.page} tabIndex={-1}>
        <Outlet key={`${session.member?.email} ${site.id}`} />
      </main>
    </div>
  );
}

function SiteSwitcher() {
  const { site, sites, chooseSite } = useSignedIn();
  const leave = useLeave();
  return (
    <Menu position="bottom-start" width={232}>
      <Menu.Target>
        <UnstyledButton className={classes.site}>
          <span className={classes.initial} aria-hidden>
            {site.name.slice(0, 1).toUpperCase()}
          </span>
          <VisuallyHidden>Site: </VisuallyHidden>
          <span className={classes.siteName} dir="auto">
            {site.name}
          </span>
          <ChevronsUpDown size={14} aria-hidden className={classes.chevron} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Sites</Menu.Label>
        {sites.map((each) => (
          <Menu.Item
            key={each.id}
            onClick={() => void leave(() => chooseSite(each.id))}
            rightSection={each.id === site.id ? <Check size={14} aria-label="current" /> : null}
          >
            {each.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const schemes = {
  light: { icon: Sun, next: "dark" },
  dark: { icon: Moon, next: "auto" },
  auto: { icon: Monitor, next: "light" },
} as const;

function MemberMenu() {
  const { session, role } = useSignedIn();
  const leave = useLeave();
  // Keeping transitions avoids a style element, which the gateway's policy forbids.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const { icon: SchemeIcon, next } = schemes[colorScheme];
  const name = session.member?.name || session.member?.email || "";
  return (
    <div className={classes.member}>
      <Menu position="top-start" width={232}>
        <Menu.Target>
          <UnstyledButton className={classes.memberButton}>
            <span className={classes.avatar} aria-hidden>
              {name.slice(0, 1).toUpperCase()}
            </span>
            <VisuallyHidden>Account: </VisuallyHidden>
            <span className={classes.memberText}>
              <span className={classes.memberName} dir="auto">
                {name}
              </span>
              <span className={classes.memberRole}>{role.toLowerCase()}</span>
            </span>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{session.member?.email}</Menu.Label>
          <Menu.Item component={RouterLink} to="/account" leftSection={<UserRound size={14} aria-hidden />}>
            Your account
          </Menu.Item>
          <Menu.Item
            leftSection={<LogOut size={14} aria-hidden />}
            onClick={() => void leave(() => attempt(signOut()))}
          >
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Tooltip label={`Colours: ${colorScheme}. Switch to ${next}`}>
        <ActionIcon
          onClick={() => setColorScheme(next)}
          aria-label={`Colours: ${colorScheme}. Switch to ${next}`}
          className={classes.scheme}
        >
          <SchemeIcon size={15} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
