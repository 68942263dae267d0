#compdef pellucid

autoload -U is-at-least

_pellucid() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_pellucid_commands" \
"*::: :->pellucid" \
&& ret=0
    case $state in
    (pellucid)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pellucid-command-$line[1]:"
        case $line[1] in
            (demo)
_arguments "${_arguments_options[@]}" : \
'-o+[Folder for the report]:FOLDER:_files' \
'--out=[Folder for the report]:FOLDER:_files' \
'--index=[Which phantom\: the same number gives the same image]:INDEX:_default' \
'--engine=[Engine\: auto, tract, onnxruntime, reference]:NAME:_default' \
'--device=[Device\: auto, cpu, cuda, cuda\:N]:NAME:_default' \
'--threads=[Number of threads; all cores when left out]:N:_default' \
'--memory=[Memory to stay under, such as 4G; half of the free memory when left out]:SIZE:_default' \
'--volume[A volume and the 3-D model instead of an image]' \
'-q[No progress bars]' \
'--quiet[No progress bars]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(inspect)
_arguments "${_arguments_options[@]}" : \
'--card=[Model card; \`model.toml\` or \`NAME.toml\` beside the model when left out]:FILE:_files' \
'*--shape=[Sizes for inputs that leave them open, such as \`1x3x224x224\`; one per input]:SHAPE:_default' \
'--layers[List every layer that can be read]' \
'--graph[Print the graph, one node a line]' \
'--json[Print as JSON]' \
'-h[Print help]' \
'--help[Print help]' \
':model -- The model, an .onnx file:_files' \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
'--card=[Model card; \`model.toml\` or \`NAME.toml\` beside the model when left out]:FILE:_files' \
'*-m+[Methods, separated by commas, or \`all\`; \`pellucid methods\` lists them]:NAME:_default' \
'*--method=[Methods, separated by commas, or \`all\`; \`pellucid methods\` lists them]:NAME:_default' \
'-o+[Folder for the results]:FOLDER:_files' \
'--out=[Folder for the results]:FOLDER:_files' \
'*--target=[Targets, separated by commas\: \`decision\` (default), \`top3\`, a class number or name, \`prob\:C\`, \`logprob\:C\`, \`sigmoid\:C\`, \`margin\:C\`, \`contrast\:C\:D\`, \`sign\:+1\`, \`sign\:-1\`, \`region\:C\` (segmentation; \`region\:C\:largest\`, \`\:smallest\`, \`\:mean\`), \`pixel\:C\:Y\:X\`, \`unit\:LAYER\:CHANNEL\`]:TARGET:_default' \
'*--layer=[Layers to read, by name, separated by commas; found when left out]:NAME:_default' \
'--output=[Output to explain, when the model has several]:NAME:_default' \
'*--set=[A parameter of a method, \`METHOD.NAME=VALUE\` or \`NAME=VALUE\` for all that have it; may be repeated]:NAME=VALUE:_default' \
'--series=[Series of a folder that holds several\: its number in the list, its UID, or \`all\`]:NUMBER|UID|all:_default' \
'--part=[Volume of a series that holds several (echoes, time points, b-values), from 0]:N:_default' \
'--identity=[Whose identity the objects carry]:HOW:((replace\:"A pseudonym made from the study'\''s identifier; an archive files the results apart from the study"
keep\:"The patient'\''s of the source, so that an archive files the results with the study"))' \
'--top=[Share of the voxels that the model saw whose evidence becomes the segment "evidence for"; evidence against joins where it is as strong]:SHARE:_default' \
'--engine=[Engine\: auto, tract, onnxruntime, reference]:NAME:_default' \
'--device=[Device\: auto, cpu, cuda, cuda\:N]:NAME:_default' \
'--threads=[Number of threads; all cores when left out]:N:_default' \
'--memory=[Memory to stay under, such as 4G; half of the free memory when left out]:SIZE:_default' \
'--force[Replace results that are there already]' \
'--json[Print a summary as JSON]' \
'-q[No progress bars]' \
'--quiet[No progress bars]' \
'--check[Check each map\: is it better than maps that know nothing of the model, does it depend on the weights? About 400 forwards more]' \
'--longest-run[Where slices are missing or unevenly spaced, take the longest even run instead of refusing]' \
'--accept-tilt[Take slices of a tilted gantry as they lie]' \
'--dicom[Also write each map as DICOM objects on the grid of the source\: Parametric Map, Segmentation, Secondary Capture, Structured Report]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':model -- The model, an .onnx file:_files' \
'*::images -- Images or folders of images:_files' \
&& ret=0
;;
(compare)
_arguments "${_arguments_options[@]}" : \
'--card=[Model card; \`model.toml\` or \`NAME.toml\` beside the model when left out]:FILE:_files' \
'*-m+[Methods, separated by commas, or \`all\`; some of every family that fit the model when left out]:NAME:_default' \
'*--method=[Methods, separated by commas, or \`all\`; some of every family that fit the model when left out]:NAME:_default' \
'-o+[Folder for the results]:FOLDER:_files' \
'--out=[Folder for the results]:FOLDER:_files' \
'*--target=[Targets, separated by commas\: \`decision\` (default), \`top3\`, a class number or name, \`prob\:C\`, \`logprob\:C\`, \`sigmoid\:C\`, \`margin\:C\`, \`contrast\:C\:D\`, \`sign\:+1\`, \`sign\:-1\`, \`region\:C\` (segmentation; \`region\:C\:largest\`, \`\:smallest\`, \`\:mean\`), \`pixel\:C\:Y\:X\`, \`unit\:LAYER\:CHANNEL\`]:TARGET:_default' \
'*--layer=[Layers to read, by name, separated by commas; found when left out]:NAME:_default' \
'--output=[Output to explain, when the model has several]:NAME:_default' \
'*--set=[A parameter of a method, \`METHOD.NAME=VALUE\` or \`NAME=VALUE\` for all that have it; may be repeated]:NAME=VALUE:_default' \
'--series=[Series of a folder that holds several\: its number in the list, its UID, or \`all\`]:NUMBER|UID|all:_default' \
'--part=[Volume of a series that holds several (echoes, time points, b-values), from 0]:N:_default' \
'--engine=[Engine\: auto, tract, onnxruntime, reference]:NAME:_default' \
'--device=[Device\: auto, cpu, cuda, cuda\:N]:NAME:_default' \
'--threads=[Number of threads; all cores when left out]:N:_default' \
'--memory=[Memory to stay under, such as 4G; half of the free memory when left out]:SIZE:_default' \
'--force[Replace results that are there already]' \
'-q[No progress bars]' \
'--quiet[No progress bars]' \
'--check[Check each map\: is it better than maps that know nothing of the model, does it depend on the weights? About 400 forwards more]' \
'--longest-run[Where slices are missing or unevenly spaced, take the longest even run instead of refusing]' \
'--accept-tilt[Take slices of a tilted gantry as they lie]' \
'-h[Print help]' \
'--help[Print help]' \
':model -- The model, an .onnx file:_files' \
':image -- The image\: a file, a folder with a DICOM series, or an OME-Zarr folder:_files' \
&& ret=0
;;
(evaluate)
_arguments "${_arguments_options[@]}" : \
'--model=[The model; the one that the protocol names when left out]:FILE:_files' \
'--data=[Folder of images; the one that the protocol names when left out]:FOLDER:_files' \
'--masks=[Folder of masks; the one that the protocol names when left out]:FOLDER:_files' \
'-o+[Folder for the results]:FOLDER:_files' \
'--out=[Folder for the results]:FOLDER:_files' \
'--engine=[Engine\: auto, tract, onnxruntime, reference]:NAME:_default' \
'--device=[Device\: auto, cpu, cuda, cuda\:N]:NAME:_default' \
'--threads=[Number of threads; all cores when left out]:N:_default' \
'--memory=[Memory to stay under, such as 4G; half of the free memory when left out]:SIZE:_default' \
'-q[No progress bar]' \
'--quiet[No progress bar]' \
'-h[Print help]' \
'--help[Print help]' \
':protocol -- The protocol, a .toml file:_files' \
&& ret=0
;;
(benchmark)
_arguments "${_arguments_options[@]}" : \
'--phantoms=[Number of phantoms, 1 to 10000]:N:_default' \
'--seed=[Seed of the phantoms, methods and metrics\: the same one gives the same table]:N:_default' \
'*-m+[Methods, separated by commas; those that cost no more than some thousand passes when left out]:NAME:_default' \
'*--method=[Methods, separated by commas; those that cost no more than some thousand passes when left out]:NAME:_default' \
'*--metric=[Metrics, separated by commas; some of every family when left out]:NAME:_default' \
'-o+[Folder for the results]:FOLDER:_files' \
'--out=[Folder for the results]:FOLDER:_files' \
'--engine=[Engine\: auto, tract, onnxruntime, reference]:NAME:_default' \
'--device=[Device\: auto, cpu, cuda, cuda\:N]:NAME:_default' \
'--threads=[Number of threads; all cores when left out]:N:_default' \
'--memory=[Memory to stay under, such as 4G; half of the free memory when left out]:SIZE:_default' \
'--volume[Volumes instead of images]' \
'-q[No progress bar]' \
'--quiet[No progress bar]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(export)
_arguments "${_arguments_options[@]}" : \
'--card=[Model card; \`model.toml\` or \`NAME.toml\` beside the model when left out]:FILE:_files' \
'-m+[The method; it must be compiled]:NAME:_default' \
'--method=[The method; it must be compiled]:NAME:_default' \
'--image=[An image that fixes the input'\''s size, and the decision where no target is given]:FILE:_files' \
'-o+[The file to write]:FILE:_files' \
'--out=[The file to write]:FILE:_files' \
'*--target=[Targets, separated by commas\: \`decision\` (default), \`top3\`, a class number or name, \`prob\:C\`, \`logprob\:C\`, \`sigmoid\:C\`, \`margin\:C\`, \`contrast\:C\:D\`, \`sign\:+1\`, \`sign\:-1\`, \`region\:C\` (segmentation; \`region\:C\:largest\`, \`\:smallest\`, \`\:mean\`), \`pixel\:C\:Y\:X\`, \`unit\:LAYER\:CHANNEL\`]:TARGET:_default' \
'*--layer=[Layers to read, by name, separated by commas; found when left out]:NAME:_default' \
'--output=[Output to explain, when the model has several]:NAME:_default' \
'*--set=[A parameter of a method, \`METHOD.NAME=VALUE\` or \`NAME=VALUE\` for all that have it; may be repeated]:NAME=VALUE:_default' \
'--series=[Series of a folder that holds several\: its number in the list, its UID, or \`all\`]:NUMBER|UID|all:_default' \
'--part=[Volume of a series that holds several (echoes, time points, b-values), from 0]:N:_default' \
'--engine=[Engine\: auto, tract, onnxruntime, reference]:NAME:_default' \
'--device=[Device\: auto, cpu, cuda, cuda\:N]:NAME:_default' \
'--threads=[Number of threads; all cores when left out]:N:_default' \
'--memory=[Memory to stay under, such as 4G; half of the free memory when left out]:SIZE:_default' \
'--check[Check each map\: is it better than maps that know nothing of the model, does it depend on the weights? About 400 forwards more]' \
'--longest-run[Where slices are missing or unevenly spaced, take the longest even run instead of refusing]' \
'--accept-tilt[Take slices of a tilted gantry as they lie]' \
'-h[Print help]' \
'--help[Print help]' \
':model -- The model, an .onnx file:_files' \
&& ret=0
;;
(methods)
_arguments "${_arguments_options[@]}" : \
'--json[Print as JSON]' \
'-h[Print help]' \
'--help[Print help]' \
'::method -- A method to tell all about:_default' \
&& ret=0
;;
(advise)
_arguments "${_arguments_options[@]}" : \
'--model=[The model, an .onnx file\: what its graph allows is found out]:FILE:_files' \
'--card=[Model card; \`model.toml\` or \`NAME.toml\` beside the model when left out]:FILE:_files' \
'--task=[What the model does; the card'\''s task when left out]:TASK:(classification multi-label segmentation detection regression)' \
'--role=[Who reads\: every role gets the same warnings]:ROLE:((researcher\:"All methods, metrics, parameters"
radiologist\:"Findings first, a few methods"
technician\:"Image quality and artefacts, cheap methods only"))' \
'--depth=[How deep; the role'\''s depth when left out]:DEPTH:((triage\:"Cheap methods, two at most"
diagnosis\:"Five methods at most"
audit\:"Everything"))' \
'--budget=[Forwards of the model that all methods together may cost for one target and seed]:N:_default' \
'--preset=[Preset by id or alias; \`pellucid presets\` lists them]:ID:_default' \
'--presets=[Folder of presets of your own, which join or replace those of the program]:FOLDER:_files' \
'--data=[Folder of images to evaluate on]:FOLDER:_files' \
'--masks=[Folder of masks of what should be found]:FOLDER:_files' \
'--regions=[Folder of masks of the valid region]:FOLDER:_files' \
'*--have=[What else is at hand, separated by commas\: training-images, training-labels, concept-labels, checkpoints, region-labels, labels, text-encoder, text-decoder, instances, time-axis]:NEED:_default' \
'-o+[The protocol to write]:FILE:_files' \
'--out=[The protocol to write]:FILE:_files' \
'--series=[Series of a folder that holds several\: its number in the list, its UID, or \`all\`]:NUMBER|UID|all:_default' \
'--part=[Volume of a series that holds several (echoes, time points, b-values), from 0]:N:_default' \
'--engine=[Engine\: auto, tract, onnxruntime, reference]:NAME:_default' \
'--device=[Device\: auto, cpu, cuda, cuda\:N]:NAME:_default' \
'--threads=[Number of threads; all cores when left out]:N:_default' \
'--memory=[Memory to stay under, such as 4G; half of the free memory when left out]:SIZE:_default' \
'--force[Replace a protocol that is there already]' \
'--longest-run[Where slices are missing or unevenly spaced, take the longest even run instead of refusing]' \
'--accept-tilt[Take slices of a tilted gantry as they lie]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':image -- An image of the kind to explain\: a file, a folder with one DICOM series, or an OME-Zarr folder:_files' \
&& ret=0
;;
(presets)
_arguments "${_arguments_options[@]}" : \
'--presets=[Folder of presets of your own, which join or replace those of the program]:FOLDER:_files' \
'--toml[Print the preset as the file it is written in, to start one of your own]' \
'-h[Print help]' \
'--help[Print help]' \
'::id -- A preset by id or alias, such as `ct` or `MG`:_default' \
&& ret=0
;;
(dicomweb)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
":: :_pellucid__subcmd__dicomweb_commands" \
"*::: :->dicomweb" \
&& ret=0

    case $state in
    (dicomweb)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pellucid-dicomweb-command-$line[1]:"
        case $line[1] in
            (fetch)
_arguments "${_arguments_options[@]}" : \
'--certificates=[PEM file with the certificates to trust instead of the operating system'\''s]:FILE:_files' \
'--series=[Series Instance UID, for one series only]:UID:_default' \
'-h[Print help]' \
'--help[Print help]' \
':url -- Root of the service, such as `https\://pacs.example.org/dicom-web`:_default' \
':study -- Study Instance UID:_default' \
':folder -- Folder for the files; made if it isn'\''t there:_files' \
&& ret=0
;;
(store)
_arguments "${_arguments_options[@]}" : \
'--certificates=[PEM file with the certificates to trust instead of the operating system'\''s]:FILE:_files' \
'-h[Print help]' \
'--help[Print help]' \
':url -- Root of the service, such as `https\://pacs.example.org/dicom-web`:_default' \
':folder -- The folder, such as the `dicom` folder that `explain --dicom` writes:_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_pellucid__subcmd__dicomweb__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pellucid-dicomweb-help-command-$line[1]:"
        case $line[1] in
            (fetch)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(store)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(convert)
_arguments "${_arguments_options[@]}" : \
'--orient=[Patient directions in which columns, rows and slices grow, such as RAS or LPS\: axes are permuted and reversed, no value changes]:CODES:_default' \
'--spacing=[Voxel size to resample to, mm, along columns, rows, slices (after \`--orient\`), such as \`1,1,2.5\`]:X,Y,Z:_default' \
'--series=[Series of a folder that holds several\: its number in the list, its UID, or \`all\`]:NUMBER|UID|all:_default' \
'--part=[Volume of a series that holds several (echoes, time points, b-values), from 0]:N:_default' \
'--nearest[Take the nearest voxel when resampling, for masks and labels; linear with smoothing against aliasing otherwise]' \
'--force[Replace a file that is there already]' \
'-q[No progress bars]' \
'--quiet[No progress bars]' \
'--longest-run[Where slices are missing or unevenly spaced, take the longest even run instead of refusing]' \
'--accept-tilt[Take slices of a tilted gantry as they lie]' \
'-h[Print help]' \
'--help[Print help]' \
':image -- The image\: a file of any format that is read, a folder with a DICOM series, or an OME-Zarr folder:_files' \
':out -- The file (or .zarr folder) to write:_files' \
&& ret=0
;;
(doctor)
_arguments "${_arguments_options[@]}" : \
'--engine=[Engine\: auto, tract, onnxruntime, reference]:NAME:_default' \
'--device=[Device\: auto, cpu, cuda, cuda\:N]:NAME:_default' \
'--threads=[Number of threads; all cores when left out]:N:_default' \
'--memory=[Memory to stay under, such as 4G; half of the free memory when left out]:SIZE:_default' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(card)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
":: :_pellucid__subcmd__card_commands" \
"*::: :->card" \
&& ret=0

    case $state in
    (card)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pellucid-card-command-$line[1]:"
        case $line[1] in
            (init)
_arguments "${_arguments_options[@]}" : \
'-o+[The card to write; \`NAME.toml\` beside the model when left out]:OUT:_files' \
'--out=[The card to write; \`NAME.toml\` beside the model when left out]:OUT:_files' \
'--force[Replace a card that is there already]' \
'-h[Print help]' \
'--help[Print help]' \
':model -- The model:_files' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
':card -- The card:_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_pellucid__subcmd__card__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pellucid-card-help-command-$line[1]:"
        case $line[1] in
            (init)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(phantom)
_arguments "${_arguments_options[@]}" : \
'-o+[Folder for images, masks and labels]:FOLDER:_files' \
'--out=[Folder for images, masks and labels]:FOLDER:_files' \
'-n+[How many]:COUNT:_default' \
'--count=[How many]:COUNT:_default' \
'--seed=[Seed; the same seed gives the same images]:SEED:_default' \
'--volume[Volumes (NIfTI) instead of images (PNG)]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(completions)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
':shell -- The shell:(bash elvish fish powershell zsh)' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_pellucid__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pellucid-help-command-$line[1]:"
        case $line[1] in
            (demo)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(inspect)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(compare)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(evaluate)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(benchmark)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(export)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(methods)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(advise)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(presets)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(dicomweb)
_arguments "${_arguments_options[@]}" : \
":: :_pellucid__subcmd__help__subcmd__dicomweb_commands" \
"*::: :->dicomweb" \
&& ret=0

    case $state in
    (dicomweb)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pellucid-help-dicomweb-command-$line[1]:"
        case $line[1] in
            (fetch)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(store)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(convert)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(doctor)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(card)
_arguments "${_arguments_options[@]}" : \
":: :_pellucid__subcmd__help__subcmd__card_commands" \
"*::: :->card" \
&& ret=0

    case $state in
    (card)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pellucid-help-card-command-$line[1]:"
        case $line[1] in
            (init)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(phantom)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(completions)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_pellucid_commands] )) ||
_pellucid_commands() {
    local commands; commands=(
'demo:Explain a bundled model on a phantom with a known lesion, and write a report' \
'inspect:Show what a model is\: inputs, outputs, classes, layers, operators' \
'explain:Explain what a model decides for images' \
'compare:Run many methods on one image, and show how far they agree and what each costs' \
'evaluate:Score methods on a folder of images by a protocol\: tables, tests between methods, a report' \
'benchmark:Rank the methods on the bundled model and phantoms with known lesions' \
'export:Save a compiled method for a model and target as a plain .onnx file' \
'methods:List the methods, or tell all about one' \
'advise:Recommend methods, metrics and baselines for an image and a model, with reasons, and write them as a protocol' \
'presets:List the modality presets, or tell all about one' \
'dicomweb:Fetch studies from a DICOMweb archive, and store results there' \
'convert:Convert images and volumes between formats, orientations and voxel sizes' \
'doctor:Tell which engines were found, and why one is chosen' \
'card:Write a commented model card for a model' \
'phantom:Make phantom images with planted lesions and known masks' \
'completions:Print a completion script for a shell' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'pellucid commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__advise_commands] )) ||
_pellucid__subcmd__advise_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid advise commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__benchmark_commands] )) ||
_pellucid__subcmd__benchmark_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid benchmark commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__card_commands] )) ||
_pellucid__subcmd__card_commands() {
    local commands; commands=(
'init:Write a commented card from what the model'\''s graph says' \
'check:Check a card' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'pellucid card commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__card__subcmd__check_commands] )) ||
_pellucid__subcmd__card__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid card check commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__card__subcmd__help_commands] )) ||
_pellucid__subcmd__card__subcmd__help_commands() {
    local commands; commands=(
'init:Write a commented card from what the model'\''s graph says' \
'check:Check a card' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'pellucid card help commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__card__subcmd__help__subcmd__check_commands] )) ||
_pellucid__subcmd__card__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid card help check commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__card__subcmd__help__subcmd__help_commands] )) ||
_pellucid__subcmd__card__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid card help help commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__card__subcmd__help__subcmd__init_commands] )) ||
_pellucid__subcmd__card__subcmd__help__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid card help init commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__card__subcmd__init_commands] )) ||
_pellucid__subcmd__card__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid card init commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__compare_commands] )) ||
_pellucid__subcmd__compare_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid compare commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__completions_commands] )) ||
_pellucid__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid completions commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__convert_commands] )) ||
_pellucid__subcmd__convert_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid convert commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__demo_commands] )) ||
_pellucid__subcmd__demo_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid demo commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__dicomweb_commands] )) ||
_pellucid__subcmd__dicomweb_commands() {
    local commands; commands=(
'fetch:Fetch a study, or one series of it, into a folder\: one file for each object' \
'store:Store the DICOM files of a folder and its folders' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'pellucid dicomweb commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__dicomweb__subcmd__fetch_commands] )) ||
_pellucid__subcmd__dicomweb__subcmd__fetch_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid dicomweb fetch commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__dicomweb__subcmd__help_commands] )) ||
_pellucid__subcmd__dicomweb__subcmd__help_commands() {
    local commands; commands=(
'fetch:Fetch a study, or one series of it, into a folder\: one file for each object' \
'store:Store the DICOM files of a folder and its folders' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'pellucid dicomweb help commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__dicomweb__subcmd__help__subcmd__fetch_commands] )) ||
_pellucid__subcmd__dicomweb__subcmd__help__subcmd__fetch_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid dicomweb help fetch commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__dicomweb__subcmd__help__subcmd__help_commands] )) ||
_pellucid__subcmd__dicomweb__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid dicomweb help help commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__dicomweb__subcmd__help__subcmd__store_commands] )) ||
_pellucid__subcmd__dicomweb__subcmd__help__subcmd__store_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid dicomweb help store commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__dicomweb__subcmd__store_commands] )) ||
_pellucid__subcmd__dicomweb__subcmd__store_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid dicomweb store commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__doctor_commands] )) ||
_pellucid__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid doctor commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__evaluate_commands] )) ||
_pellucid__subcmd__evaluate_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid evaluate commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__explain_commands] )) ||
_pellucid__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid explain commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__export_commands] )) ||
_pellucid__subcmd__export_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid export commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help_commands] )) ||
_pellucid__subcmd__help_commands() {
    local commands; commands=(
'demo:Explain a bundled model on a phantom with a known lesion, and write a report' \
'inspect:Show what a model is\: inputs, outputs, classes, layers, operators' \
'explain:Explain what a model decides for images' \
'compare:Run many methods on one image, and show how far they agree and what each costs' \
'evaluate:Score methods on a folder of images by a protocol\: tables, tests between methods, a report' \
'benchmark:Rank the methods on the bundled model and phantoms with known lesions' \
'export:Save a compiled method for a model and target as a plain .onnx file' \
'methods:List the methods, or tell all about one' \
'advise:Recommend methods, metrics and baselines for an image and a model, with reasons, and write them as a protocol' \
'presets:List the modality presets, or tell all about one' \
'dicomweb:Fetch studies from a DICOMweb archive, and store results there' \
'convert:Convert images and volumes between formats, orientations and voxel sizes' \
'doctor:Tell which engines were found, and why one is chosen' \
'card:Write a commented model card for a model' \
'phantom:Make phantom images with planted lesions and known masks' \
'completions:Print a completion script for a shell' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'pellucid help commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__advise_commands] )) ||
_pellucid__subcmd__help__subcmd__advise_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help advise commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__benchmark_commands] )) ||
_pellucid__subcmd__help__subcmd__benchmark_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help benchmark commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__card_commands] )) ||
_pellucid__subcmd__help__subcmd__card_commands() {
    local commands; commands=(
'init:Write a commented card from what the model'\''s graph says' \
'check:Check a card' \
    )
    _describe -t commands 'pellucid help card commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__card__subcmd__check_commands] )) ||
_pellucid__subcmd__help__subcmd__card__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help card check commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__card__subcmd__init_commands] )) ||
_pellucid__subcmd__help__subcmd__card__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help card init commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__compare_commands] )) ||
_pellucid__subcmd__help__subcmd__compare_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help compare commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__completions_commands] )) ||
_pellucid__subcmd__help__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help completions commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__convert_commands] )) ||
_pellucid__subcmd__help__subcmd__convert_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help convert commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__demo_commands] )) ||
_pellucid__subcmd__help__subcmd__demo_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help demo commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__dicomweb_commands] )) ||
_pellucid__subcmd__help__subcmd__dicomweb_commands() {
    local commands; commands=(
'fetch:Fetch a study, or one series of it, into a folder\: one file for each object' \
'store:Store the DICOM files of a folder and its folders' \
    )
    _describe -t commands 'pellucid help dicomweb commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__dicomweb__subcmd__fetch_commands] )) ||
_pellucid__subcmd__help__subcmd__dicomweb__subcmd__fetch_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help dicomweb fetch commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__dicomweb__subcmd__store_commands] )) ||
_pellucid__subcmd__help__subcmd__dicomweb__subcmd__store_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help dicomweb store commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__doctor_commands] )) ||
_pellucid__subcmd__help__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help doctor commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__evaluate_commands] )) ||
_pellucid__subcmd__help__subcmd__evaluate_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help evaluate commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__explain_commands] )) ||
_pellucid__subcmd__help__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help explain commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__export_commands] )) ||
_pellucid__subcmd__help__subcmd__export_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help export commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__help_commands] )) ||
_pellucid__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help help commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__inspect_commands] )) ||
_pellucid__subcmd__help__subcmd__inspect_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help inspect commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__methods_commands] )) ||
_pellucid__subcmd__help__subcmd__methods_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help methods commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__phantom_commands] )) ||
_pellucid__subcmd__help__subcmd__phantom_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help phantom commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__help__subcmd__presets_commands] )) ||
_pellucid__subcmd__help__subcmd__presets_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid help presets commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__inspect_commands] )) ||
_pellucid__subcmd__inspect_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid inspect commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__methods_commands] )) ||
_pellucid__subcmd__methods_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid methods commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__phantom_commands] )) ||
_pellucid__subcmd__phantom_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid phantom commands' commands "$@"
}
(( $+functions[_pellucid__subcmd__presets_commands] )) ||
_pellucid__subcmd__presets_commands() {
    local commands; commands=()
    _describe -t commands 'pellucid presets commands' commands "$@"
}

if [ "$funcstack[1]" = "_pellucid" ]; then
    _pellucid "$@"
else
    compdef _pellucid pellucid
fi
