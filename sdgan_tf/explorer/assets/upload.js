// Photographs go from the browser's memory to the server's: no file is made.
const input = element.querySelector("input[type=file]");
const refused = element.querySelector(".sd-refused");

function refuse(text) {
  refused.textContent = text;
}

async function read(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return { name: file.name, data: url.slice(url.indexOf(",") + 1) };
}

input.onchange = async () => {
  const files = [...input.files];
  const { count, megabytes } = props.value;
  const large = files.find((file) => file.size > megabytes * 1e6);
  refuse("");
  if (!files.length) return;
  if (files.length > count) {
    refuse(`Choose at most ${count} photographs.`);
  } else if (large) {
    refuse(
      `${large.name} is too large: ${(large.size / 1e6).toFixed(1)} MB, ` +
        `where ${megabytes} MB are the most.`,
    );
  } else {
    trigger("upload", { files: await Promise.all(files.map(read)) });
  }
  input.value = "";
};

watch("value", () => refuse(props.value.refused));
