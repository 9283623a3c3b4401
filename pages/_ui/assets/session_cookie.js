// Carries the opaque session token between the browser's cookie and the portal.
// Streamlit's own request cookies are enough where the server sees them; hosts that strip unknown cookies need this.
export default function ({ data, setStateValue }) {
  const { name, token, clear, ask, seconds } = data;
  const attributes = `Path=/; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
  const read = () => {
    const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
    return found ? found.slice(name.length + 1) : "";
  };
  if (clear && read()) document.cookie = `${name}=; Max-Age=0; ${attributes}`;
  else if (token && read() !== token) document.cookie = `${name}=${token}; Max-Age=${seconds}; ${attributes}`;
  else if (ask && read()) setStateValue("token", read());
}
