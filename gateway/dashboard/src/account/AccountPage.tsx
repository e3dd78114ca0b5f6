import { useSignedIn } from "../session/session";
import { Page, PageHeader } from "../ui/PageHeader";
import classes from "../ui/Settings.module.css";
import { ChangeName } from "./ChangeName";
import { ChangePassword } from "./ChangePassword";
import { useSignInOptions } from "./calls";
import { Sites } from "./Sites";
import { TwoFactor } from "./TwoFactor";

/** The page of the person's own account: name, ways to sign in, and sites. */
export function AccountPage() {
  const { session } = useSignedIn();
  const options = useSignInOptions();
  return (
    <Page>
      <PageHeader
        title="Your account"
        about="The same on every site. Your display name and your role on a site are up to its admins."
      />
      <div className={classes.panels}>
        <ChangeName email={session.member?.email ?? ""} known={session.member?.name ?? ""} />
        {options.data?.password ? <ChangePassword email={session.member?.email ?? ""} /> : null}
        {options.data?.password ? <TwoFactor /> : null}
        <Sites />
      </div>
    </Page>
  );
}
